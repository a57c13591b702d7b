"""No condition is given more than another: budget, rates, seeds, sequences, starting weights; and neither other trials nor their order change a figure."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.benchmarks import smoke
from tests.support.slow import slow_but
from unvanish.suite.execution.protocol import run_cohort
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load, profile_names
from unvanish.suite.experiment.trial import evaluation_trials
from unvanish.suite.mitigations import find
from unvanish.suite.probes.measurement.program import ProbeProgram
from unvanish.suite.studies.reproduction import studies
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.suite.training.wave import Wave
from unvanish.tasks import TASKS

SHIPPED = [name for name in profile_names() if name != "real" or TASKS["shoulder_exercises"].not_installed() is None]
PROFILES = {**{name: load(name) for name in SHIPPED}, **{study.name: study for study in studies()}}


@pytest.fixture(params=slow_but(PROFILES.keys() - {"real"}, PROFILES), scope="module")  # the facts of ten data sets take a minute
def plan(request):
    return make_plan(PROFILES[request.param])


def test_every_condition_of_a_task_has_the_same_budget(plan):
    for task in {condition.task for condition in plan.conditions}:
        mine = [condition for condition in plan.conditions if condition.task == task]
        assert len({(c.tuning_trials, c.most_tuning_trials, c.evaluation_trials, replace(c.budget, hidden_size=0)) for c in mine}) == 1


def test_every_optimizer_has_as_many_rates_as_far_apart(plan):
    ratios = [np.divide(c.rates.first[1:], c.rates.first[:-1]) for c in plan.conditions]
    np.testing.assert_allclose(ratios, plan.profile.learning_rates.ratio, rtol=1e-4)
    assert {(len(c.rates.first), c.rates.most) for c in plan.conditions} == {(plan.profile.learning_rates.count, plan.profile.learning_rates.limit)}


def test_rates_are_not_chosen_on_the_seeds_they_are_judged_by(plan):
    for condition in plan.conditions:
        assert not set(condition.budget.tuning_seeds) & set(condition.budget.evaluation_seeds)


def begun(model, *mitigations):
    """The trials of some mitigations with one seed, before their first step: weights by name, which sequences they see, a block of these."""
    (condition,) = select(smoke(), f"task=first_symbol,model={model},mitigation=none").conditions
    chosen = [find(name) for name in mitigations]
    trials = [evaluation_trials(replace(condition, mitigations=mitigation), 0.1)[0] for mitigation in chosen]
    trainer = CohortTrainer(condition.task, model, condition.budget, ProgramSize(max(len(trials), 2), 1), chosen, ProbeProgram, [0])
    wave, seed = Wave(trainer, trials), trials[0].seed
    (group,) = wave.groups(range(len(trials)))
    settings, weights = wave.settings_of(group), trainer.programs.packing.unpack(wave.state_of(group).weights)
    return {name: weight.numpy() for name, weight in weights.items()}, settings.sequence_index.numpy(), trainer.stack_seeds([trainer.draw(seed, 3)])


@pytest.mark.parametrize("model", ["rnn", "lstm"])
def test_for_one_seed_all_conditions_start_from_the_same_weights_and_see_the_same_sequences(model):
    weights, sequence, _ = begun(model, "none", "gradient_clipping", "rmsprop", "relu", "truncated_bptt", "orthogonal")
    assert set(sequence) == {0}
    for name, weight in weights.items():
        for trial in range(1, 5):
            np.testing.assert_array_equal(weight[trial], weight[0])
        assert np.array_equal(weight[5], weight[0]) == (name != "recurrent_kernel")  # what the mitigation changes, and nothing else


def test_every_model_sees_the_same_sequences():
    blocks = [begun(model, "none")[2] for model in ("rnn", "lstm", "gru")]
    for inputs, targets in blocks[1:]:
        np.testing.assert_array_equal(inputs, blocks[0][0])
        np.testing.assert_array_equal(targets, blocks[0][1])
    inputs, targets = begun("feedforward", "none")[2]  # of which it is given the last time step, where the loss is
    np.testing.assert_array_equal(inputs, blocks[0][0][:, -1:])
    np.testing.assert_array_equal(targets, blocks[0][1])


def test_the_order_of_conditions_changes_no_figure():
    (cohort,) = select(smoke(), "task=temporal_order,model=gru,mitigation=none|gradient_clipping|rmsprop").cohorts
    forwards, backwards = (run_cohort(replace(cohort, conditions=cohort.conditions[::step]))[0] for step in (1, -1))
    figures = [{(r.trial.condition.mitigation, r.trial.phase, r.trial.learning_rate, r.trial.seed): r for r in results} for results in (forwards, backwards)]
    assert figures[0].keys() == figures[1].keys()
    for key, one in figures[0].items():
        other = figures[1][key]
        assert one.diagnosis == other.diagnosis and one.trained.loss == other.trained.loss
        for name, weight in one.trained.weights.items():
            np.testing.assert_array_equal(weight, other.trained.weights[name])
