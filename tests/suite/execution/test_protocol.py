"""The protocol: what is trained at which rate and on which seeds, and that trials do not depend on those trained beside them."""

import dataclasses

import numpy as np
import pytest

from unvanish.suite.execution import protocol
from unvanish.suite.execution.protocol import filled_up, run_cohort
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.experiment.tuning import CAP, RateGrid, search
from unvanish.suite.training import program_size
from unvanish.suite.training.program_size import ProgramSize


def cohort_with(rates, selection="task=first_symbol,model=rnn,mitigation=none|rmsprop"):
    (cohort,) = select(make_plan(load("smoke")), selection).cohorts
    return dataclasses.replace(cohort, conditions=tuple(dataclasses.replace(condition, rates=rates) for condition in cohort.conditions))


def test_evaluation_trains_the_chosen_rate_anew_on_seeds_that_tuning_never_saw():
    (cohort,) = select(make_plan(load("smoke")), "task=first_symbol,model=rnn,mitigation=none|rmsprop").cohorts
    heard = []
    results, seconds = run_cohort(cohort, lambda trial_steps, trials: heard.append((trial_steps, trials)))
    assert {"training", "compiling", "drawing", "evaluation", "probes"} == set(seconds)
    assert sum(trial_steps for trial_steps, _ in heard) == len(results) * cohort.budget.steps
    assert heard[0][1] == cohort.trials and heard[-1][1] == len(results) <= cohort.most_trials
    for condition in cohort.conditions:
        mine = [result for result in results if result.trial.condition == condition]
        tune = [result.trained for result in mine if result.trial.phase == "tune"]
        evaluate = [result.trial for result in mine if result.trial.phase == "evaluate"]
        assert [trial.seed for trial in evaluate] == list(cohort.budget.evaluation_seeds)
        assert not {trial.seed for trial in evaluate} & {o.trial.seed for o in tune}
        best = min(tune, key=lambda o: o.loss)  # none solves the task
        assert {trial.learning_rate for trial in evaluate} == {best.trial.learning_rate}


def test_the_search_goes_on_where_the_best_rate_is_at_an_edge():
    """Rates of which the highest moves nothing: each higher one is better, up to the cap; the search of the stored trials comes to the same end."""
    cohort = cohort_with(RateGrid((1e-6, 1e-5), 10.0, 4), "task=first_symbol,model=rnn,mitigation=none|gradient_clipping")
    results, _ = run_cohort(cohort)
    for condition in cohort.conditions:
        tuned = [result for result in results if result.trial.condition == condition and result.trial.phase == "tune"]
        rates = sorted({result.trial.learning_rate for result in tuned})
        assert len(tuned) == len(rates) * len(cohort.budget.tuning_seeds)
        tried = [protocol.tried_rate(rate, [result for result in tuned if result.trial.learning_rate == rate]) for rate in rates]
        state = search(condition.rates, tried, condition.task.baseline_loss)
        assert state.stopped == CAP and not state.further and len(rates) == 4 and rates[-1] > 1e-5
        assert {result.trial.learning_rate for result in results if result.trial.condition == condition and result.trial.phase == "evaluate"} == {
            state.best.rate
        }


def test_a_round_of_a_search_with_many_seeds_compiles_no_program_of_its_own(monkeypatch):
    """Six seeds of four rates are trained four at a time, few seeds in each; one rate of one condition has a seed a trial."""
    cohort = cohort_with(RateGrid((1e-6, 1e-5, 1e-4, 1e-3), 10.0, 5), "task=first_symbol,model=rnn,mitigation=none")
    budget = dataclasses.replace(cohort.budget, tuning_seeds=(1, 2, 3, 4, 5, 6))
    cohort = dataclasses.replace(cohort, conditions=(dataclasses.replace(cohort.conditions[0], budget=budget),))
    monkeypatch.setattr(program_size, "MAX_TRIALS", 4)
    trainers = []

    class Kept(protocol.CohortTrainer):
        def __init__(self, *given):
            super().__init__(*given)
            trainers.append(self)

    monkeypatch.setattr(protocol, "CohortTrainer", Kept)
    results, _ = run_cohort(cohort)
    assert len({result.trial.learning_rate for result in results if result.trial.phase == "tune"}) == 5
    assert [trainer.programs.train.experimental_get_tracing_count() for trainer in trainers] == [1]


@pytest.fixture(scope="module")
def grown():
    """A cohort whose conditions stop after different numbers of rates."""
    return cohort_with(RateGrid((0.02, 0.1), 5.0, 5), "task=first_symbol,model=rnn,mitigation=none|gradient_clipping|relu")


@pytest.mark.slow
def test_no_figure_depends_on_what_a_trial_is_trained_beside(grown, monkeypatch):
    """Evaluation trials that fill up the rounds of other conditions' searches are equal to the bit to those trained on their own."""
    figures = []
    for company in (filled_up, lambda tuning, waiting, size: (list(tuning), list(waiting))):
        monkeypatch.setattr(protocol, "filled_up", company)
        results, _ = run_cohort(grown)
        figures.append({(r.trial.condition.mitigation, r.trial.phase, r.trial.learning_rate, r.trial.seed): r for r in results})
    assert list(figures[0]) == list(figures[1]) and len(figures[0]) > grown.trials
    for key, one in figures[0].items():
        other = figures[1][key]
        assert one.diagnosis == other.diagnosis
        np.testing.assert_array_equal([one.trained.loss, one.trained.metric], [other.trained.loss, other.trained.metric])
        for name, weight in one.trained.weights.items():
            np.testing.assert_array_equal(weight, other.trained.weights[name])


def trials(phase, *seeds):
    condition = cohort_with(RateGrid((0.1,), 5.0, 1)).conditions[0]
    return [Trial(condition, phase, 0.1, seed) for seed in seeds]


@pytest.mark.parametrize(
    ("tuning", "waiting", "size", "taken"),
    [
        ((1, 2), (101, 102, 101), ProgramSize(6, 5), [101, 101, 102]),
        ((1, 2), (101, 102, 103, 104, 105), ProgramSize(4, 5), [101, 102]),  # as many as there is room for
        ((1, 2), (101, 102, 101, 103), ProgramSize(8, 3), [101, 101]),  # not more seeds than a program is given sequences of
        ((1, 2, 1, 2), (101,), ProgramSize(4, 3), []),  # full already
        ((1, 2, 3), (), ProgramSize(8, 3), []),
    ],
)
def test_the_last_run_of_a_program_is_filled_up_with_evaluation_trials(tuning, waiting, size, taken):
    first, others = trials("tune", *tuning), trials("evaluate", *waiting)
    together, left = filled_up(first, others, size)
    assert together[: len(first)] == first and [trial.seed for trial in together[len(first) :]] == taken
    assert sorted(trial.seed for trial in [*together[len(first) :], *left]) == sorted(waiting)
