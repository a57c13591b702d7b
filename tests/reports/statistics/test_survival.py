"""Kaplan and Meier's estimate against the data it is taught with: remission under 6-mercaptopurine (Freireich et al. 1963)."""

import numpy as np
import pandas as pd
import pytest

from reports.statistics.survival import StepsToSolved

ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
FREIREICH = StepsToSolved(pd.Series([*ENDED, *[np.nan] * len(CENSORED)]), pd.Series([*ENDED, *CENSORED]))
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}  # surviving


def test_the_published_estimate():
    curve = FREIREICH.curve().set_index("step")
    assert curve.index.tolist() == [0, *PUBLISHED, 35]
    assert (1 - curve.share[list(PUBLISHED)]).tolist() == pytest.approx(list(PUBLISHED.values()), abs=6e-4)
    assert curve.share[35] == curve.share[23]
    assert FREIREICH.median() == 23


def test_the_interval_is_greenwoods_on_the_scale_of_log_minus_log():
    """By hand at 6: s = 18/21, error s sqrt(3 / (21 18)), s^exp(+-1.96 error / (s |log s|))."""
    survival = 18 / 21
    width = 1.959964 * np.sqrt(3 / (21 * 18)) / abs(np.log(survival))
    row = FREIREICH.curve().set_index("step").loc[6]
    assert 1 - row.low == pytest.approx(survival ** np.exp(-width)) and 1 - row.high == pytest.approx(survival ** np.exp(width))
    assert (FREIREICH.curve().low <= FREIREICH.curve().share).all() and (FREIREICH.curve().share <= FREIREICH.curve().high).all()


def test_a_trial_that_did_not_solve_the_task_slows_the_condition_down():
    """One of two solves it: the share never passes one half, whatever became of the other, and there is no later median."""
    half = StepsToSolved(pd.Series([10, None], dtype="Int64"), pd.Series([100, 100]))
    assert half.curve().share.tolist() == [0, 0.5, 0.5]
    third = StepsToSolved(pd.Series([10, None, None], dtype="Int64"), pd.Series([100, 100, 100]))
    assert np.isnan(third.median())


def test_the_median_is_where_half_have_solved_the_task():
    two = StepsToSolved(pd.Series([10, 20, None, None], dtype="Int64"), pd.Series([100] * 4))
    three = StepsToSolved(pd.Series([100, 200, 300, None], dtype="Int64"), pd.Series([900] * 4))
    assert (two.median(), three.median()) == (20, 200)


def test_nobody_and_everybody():
    nobody = StepsToSolved(pd.Series([None, None], dtype="Int64"), pd.Series([100, 100]))
    assert nobody.curve().share.tolist() == [0, 0] and np.isnan(nobody.median())
    everybody = StepsToSolved(pd.Series([20, 40], dtype="Int64"), pd.Series([100, 100]))
    assert everybody.curve().share.tolist() == [0, 0.5, 1, 1]
    assert everybody.curve().notna().all(axis=None)
