"""The protocol: what is trained at which rate and on which seeds, and that trials do not depend on those trained beside them."""

import dataclasses

import numpy as np
import pytest

from tests.suite.training.test_cohort import leaves
from unvanish.suite.execution import protocol
from unvanish.suite.execution.protocol import CohortRun, run_cohort
from unvanish.suite.experiment.copies import key_of
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.experiment.tuning import CAP, RateGrid, search
from unvanish.suite.mitigations import find
from unvanish.suite.training import program_size
from unvanish.suite.training.program_cache import programs_for
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
    programs_for.cache_clear()  # another test may have made the same
    results, _ = run_cohort(cohort)
    assert len({result.trial.learning_rate for result in results if result.trial.phase == "tune"}) == 5
    assert [trainer.programs.train.experimental_get_tracing_count() for trainer in trainers] == [1]


@pytest.fixture(scope="module")
def grown():
    """A cohort whose conditions stop after different numbers of rates, in which clipping acts at some rates and not at others."""
    cohort = cohort_with(RateGrid((0.004, 0.02, 0.1), 5.0, 5), "task=first_symbol,model=rnn,mitigation=none")
    mitigations = [find(name) for name in ("none", "truncated_bptt(window=9)", "gradient_clipping(threshold=1.5)", "relu", "frozen")]
    conditions = tuple(dataclasses.replace(cohort.conditions[0], mitigations=mitigation) for mitigation in mitigations)
    return dataclasses.replace(cohort, conditions=conditions, planned=tuple(mitigations))


@pytest.fixture(scope="module")
def grown_results(grown):
    return run_cohort(grown)[0]


def by_trial(results):
    return {key_of(result.trial): result for result in results}


def assert_equal_to_the_bit(results, others):
    """All that was measured and judged, but for the time it took and what is marked as a copy."""
    assert list(by_trial(results)) == list(by_trial(others))
    for one, other in zip(results, others, strict=True):
        assert one.diagnosis == other.diagnosis
        mine, theirs = (leaves(dataclasses.replace(result.trained, seconds=0.0, trial=None, copy_of=None)) for result in (one, other))
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_copy_is_what_training_would_have_given(grown, grown_results, monkeypatch):
    """The same cohort with every trial trained: equal to the bit, and those that were copies are the ones on which clipping did not act."""
    monkeypatch.setattr(protocol.Copies, "copy", lambda self, trial: None)
    monkeypatch.setattr(protocol.Copies, "should_wait", lambda self, trial, wanted: False)
    everything, _ = run_cohort(grown)
    assert_equal_to_the_bit(grown_results, everything)
    copies = [result for result in grown_results if result.trained.copy_of]
    assert not any(result.trained.copy_of for result in everything)
    assert {result.trial.condition.mitigation for result in copies} == {"gradient_clipping(threshold=1.5)", "truncated_bptt(window=9)"}
    assert all(result.trained.copy_of == "none" and result.trained.clipped_share == 0 and result.diagnosis.inert for result in copies)
    clipped = [result for result in grown_results if result.trial.condition.mitigation.startswith("gradient_clipping")]
    assert 0 < len([result for result in copies if result in clipped]) < len(clipped)


@pytest.mark.slow
def test_no_figure_depends_on_the_wave_in_which_a_trial_is_trained(grown, grown_results, monkeypatch):
    """Evaluation trials that fill up the rounds of other conditions' searches are equal to the bit to those trained on their own."""

    def one_phase_at_a_time(self):
        ready = self.copies.ready(self.wanted)
        return [trial for trial in ready if trial.phase == "tune"] or ready

    monkeypatch.setattr(protocol.CohortRun, "next_wave", one_phase_at_a_time)
    assert_equal_to_the_bit(grown_results, run_cohort(grown)[0])


def trials(phase, *seeds, mitigation="none"):
    condition = cohort_with(RateGrid((0.1,), 5.0, 1), f"task=first_symbol,model=rnn,mitigation={mitigation}").conditions[0]
    return [Trial(condition, phase, 0.1, seed) for seed in seeds]


@pytest.mark.parametrize(
    ("tuning", "evaluation", "width", "taken"),
    [
        ((1, 2), (101, 102, 101), 6, [101, 101, 102]),
        ((1, 2), (101, 102, 103, 104, 105), 4, [101, 102]),  # as many as there is room for
        ((1, 2, 1, 2), (101,), 4, []),  # full already
        ((1, 2, 3), (), 8, []),
        ((), (102, 101), 8, [102, 101]),  # nothing is left to tune
    ],
)
def test_a_wave_of_tuning_is_filled_up_with_evaluation_trials(tuning, evaluation, width, taken):
    run = CohortRun(cohort_with(RateGrid((0.1,), 5.0, 1)), lambda trial_steps, trials: None)
    run.trainer.size = ProgramSize(width, 5)
    first = trials("tune", *tuning)
    run.wanted = [*trials("evaluate", *evaluation), *first]
    wave = run.next_wave()
    assert wave[: len(first)] == first and [trial.seed for trial in wave[len(first) :]] == taken
