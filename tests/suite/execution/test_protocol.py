import dataclasses

import numpy as np
import pytest

from tests.support.benchmarks import smoke, trained
from unvanish.suite.execution.protocol import run_cohort
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.trial import tuning_trials
from unvanish.suite.experiment.tuning import best_learning_rate

CONDITION = smoke().conditions[8]


def tuned(losses):
    return [trained(trial, loss=loss) for trial, loss in zip(tuning_trials(CONDITION), losses, strict=True)]


TWO_SEEDS = dataclasses.replace(CONDITION, budget=dataclasses.replace(CONDITION.budget, tuning_seeds=(1, 2)))
BASELINE, SOLVED = CONDITION.task.baseline_loss, 1.0


def chosen(low, high):
    """Of two rates with two seeds each, given as pairs of (loss, metric): whether the low or the high one is chosen."""
    trials = [trained(trial, loss=loss, metric=metric) for trial, (loss, metric) in zip(tuning_trials(TWO_SEEDS), [*low, *high], strict=True)]
    return {0: "low", 1: "high"}[TWO_SEEDS.learning_rates.index(best_learning_rate(TWO_SEEDS, trials))]


def test_the_rate_with_the_lowest_validation_loss_is_chosen_among_equals():
    low, high = CONDITION.learning_rates
    assert best_learning_rate(CONDITION, tuned([0.9 * BASELINE, 0.5 * BASELINE])) == high
    assert best_learning_rate(CONDITION, tuned([0.5 * BASELINE, 0.9 * BASELINE])) == low


def test_more_solved_seeds_are_preferred_to_a_lower_mean_loss():
    assert chosen(low=[(0.05, SOLVED), (0.05, SOLVED)], high=[(0.0, SOLVED), (0.06, 0.9)]) == "low"
    assert chosen(low=[(0.4 * BASELINE, 0.9), (0.4 * BASELINE, 0.9)], high=[(0.0, SOLVED), (BASELINE, 0.1)]) == "high"


def test_a_lucky_seed_counts_once_however_small_its_loss():
    """Both solve one seed of two; the other seed decides, not how well the lucky one did."""
    assert chosen(low=[(0.04 * BASELINE, SOLVED), (0.5 * BASELINE, 0.8)], high=[(0.0, SOLVED), (BASELINE, 0.1)]) == "low"


def test_how_far_a_loss_is_above_the_baseline_decides_nothing():
    assert chosen(low=[(9 * BASELINE, 0.1), (0.5 * BASELINE, 0.5)], high=[(BASELINE, 0.1), (0.6 * BASELINE, 0.5)]) == "low"


def test_a_rate_with_a_trial_that_diverged_is_behind_one_without_but_not_behind_one_that_solves_less():
    assert chosen(low=[(np.nan, np.nan), (0.5 * BASELINE, 0.8)], high=[(BASELINE, 0.1), (BASELINE, 0.1)]) == "high"
    assert chosen(low=[(np.nan, np.nan), (0.01, SOLVED)], high=[(0.5 * BASELINE, 0.8), (0.5 * BASELINE, 0.8)]) == "low"
    assert chosen(low=[(np.nan, SOLVED), (0.5 * BASELINE, 0.8)], high=[(0.5 * BASELINE, 0.8), (0.5 * BASELINE, 0.8)]) == "high"  # a NaN is never solved


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_rate_that_diverged_is_never_preferred(bad):
    low, high = CONDITION.learning_rates
    assert best_learning_rate(CONDITION, tuned([bad, 9.0])) == high
    assert best_learning_rate(CONDITION, tuned([9.0, bad])) == low
    assert best_learning_rate(CONDITION, tuned([bad, bad])) == low


def test_evaluation_trains_the_chosen_rate_anew_on_seeds_that_tuning_never_saw():
    plan = select(make_plan(load("smoke")), "task=first_symbol,model=rnn,mitigation=none|rmsprop")
    (cohort,) = plan.cohorts
    heard = []
    results, seconds = run_cohort(cohort, heard.append)
    assert {"training", "compiling", "drawing", "evaluation", "probes"} == set(seconds)
    assert sum(heard) == cohort.trials * cohort.budget.steps
    for condition in cohort.conditions:
        mine = [result for result in results if result.trial.condition == condition]
        tune = [result.trained for result in mine if result.trial.phase == "tune"]
        evaluate = [result.trial for result in mine if result.trial.phase == "evaluate"]
        assert {trial.seed for trial in evaluate} == set(cohort.budget.evaluation_seeds)
        assert not {trial.seed for trial in evaluate} & {o.trial.seed for o in tune}
        best = min(tune, key=lambda o: o.loss)  # none solves the task
        assert {trial.learning_rate for trial in evaluate} == {best.trial.learning_rate}
