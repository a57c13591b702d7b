import numpy as np
import pytest

from suite.plan import make_plan, select
from suite.profile import load
from suite.protocol import best_learning_rate, run_cohort
from suite.trial import tuning_trials
from tests.made_up import smoke, trained

CONDITION = smoke().conditions[8]


def tuned(losses):
    return [trained(trial, loss=loss) for trial, loss in zip(tuning_trials(CONDITION), losses, strict=True)]


def test_the_rate_with_the_lowest_validation_loss_is_chosen():
    low, high = CONDITION.learning_rates
    assert best_learning_rate(CONDITION, tuned([1.0, 0.5])) == high
    assert best_learning_rate(CONDITION, tuned([0.5, 1.0])) == low


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
        best = min(tune, key=lambda o: o.loss)
        assert {trial.learning_rate for trial in evaluate} == {best.trial.learning_rate}
