"""The share solved by each step against Kaplan and Meier's estimate and the binomial interval, both by statsmodels."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from unvanish.reports.statistics.survival import StepsToSolved

BUDGET = 100


def steps(*solved_at):
    return StepsToSolved(pd.Series(solved_at, dtype="Int64"), pd.Series([BUDGET] * len(solved_at)))


def test_with_one_budget_the_share_solved_is_kaplan_and_meiers_estimate():
    random = np.random.default_rng(0)
    solved_at = [int(step) if random.random() < 0.7 else None for step in random.integers(1, 10, size=40) * 10]
    mine = steps(*solved_at)
    time = [BUDGET if step is None else step for step in solved_at]
    theirs = SurvfuncRight(time, [int(step is not None) for step in solved_at])
    curve = mine.curve().set_index("step").share
    assert (1 - curve[theirs.surv_times]).tolist() == pytest.approx(theirs.surv_prob.tolist())
    assert mine.median() == theirs.quantile(0.5)


def test_the_band_is_wilsons_at_every_step():
    mine = steps(20, 20, 50, None, None, None, 70)
    counts = {0: 0, 20: 2, 50: 3, 70: 4, 100: 4}
    curve = mine.curve()
    assert dict(zip(curve.step, curve.share, strict=True)) == pytest.approx({step: solved / 7 for step, solved in counts.items()})
    for row, solved in zip(curve.itertuples(), counts.values(), strict=True):
        assert (row.low, row.high) == pytest.approx(proportion_confint(solved, 7, method="wilson"))


def test_the_band_has_a_width_where_nobody_and_where_everybody_has_solved_the_task():
    """0 of 3 may be a rate of 0.56, 3 of 3 one of 0.44: z^2 / (n + z^2)."""
    nobody, everybody = steps(None, None, None).curve(), steps(20, 20, 40).curve()
    assert nobody.share.tolist() == [0, 0] and nobody.high.tolist() == pytest.approx([0.5615, 0.5615], abs=1e-4)
    assert everybody.low.iloc[-1] == pytest.approx(0.4385, abs=1e-4) and everybody.high.iloc[-1] == 1


def test_the_band_covers_the_share_it_is_of():
    """Five trials that solve the task by a step with probability 0.8: computed exactly over the outcomes, for each a curve; Greenwood's covers 0.67."""
    covered = 0.0
    for solved in range(6):
        row = steps(*[10] * solved, *[None] * (5 - solved)).curve().iloc[-1]
        covered += binom.pmf(solved, 5, 0.8) * (row.low <= 0.8 <= row.high)
    assert covered > 0.93


def test_a_trial_that_did_not_solve_the_task_slows_the_condition_down():
    """One of two solves it: the share never passes one half, whatever became of the other; of three there is no median."""
    assert steps(10, None).curve().share.tolist() == [0, 0.5, 0.5] and steps(10, None).median() == 10
    assert np.isnan(steps(10, None, None).median())


def test_the_median_is_where_half_have_solved_the_task():
    assert steps(10, 20, None, None).median() == 20
    assert steps(30, 10, 20, None).median() == 20


def test_the_median_has_an_interval_where_the_trials_leave_it_one():
    """Of 5 of 5 the lower end of the band ends at 0.57; with one at the first step the upper end is 0.62. Of 4 of 5 the lower end stays below one half."""
    assert steps(10, 20, 30, 40, 50).median_interval() == (10, 50)
    first, last = steps(10, 20, 30, 40, None).median_interval()
    assert first == 10 and np.isnan(last)
    assert np.isnan(steps(*[None] * 5).median_interval()).all()


def test_trials_with_different_budgets_are_not_taken_together():
    with pytest.raises(ValueError, match="one budget"):
        StepsToSolved(pd.Series([10, None]), pd.Series([100, 50]))
