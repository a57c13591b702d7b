"""Trials side by side: every one in one group, few seeds in each, only the part of the backward pass that is needed, and who has diverged leaves."""

import numpy as np
import pytest
import tensorflow as tf

from tests.suite.training.test_cohort import BUDGET, SHARED, same, trainer_of, trial
from tests.support.networks import probed
from tests.support.slow import slow_but
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import probe_program
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_cache import programs_for
from unvanish.suite.training.program_size import ProgramSize
from unvanish.suite.training.wave import Wave
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TASK = FirstSymbol(6)  # 7 time steps


class Calls:
    """The arguments of the calls of a trainer's training program."""

    def __init__(self, trainer, monkeypatch):
        self.calls, train = [], trainer.programs.train

        def recorded(state, settings, inputs, targets, length, first_step, backward_steps):
            self.calls.append((int(first_step), int(backward_steps), settings))
            return train(state, settings, inputs, targets, length, first_step, backward_steps)

        monkeypatch.setattr(trainer.programs, "train", recorded)

    def backward_steps(self):
        return [backward for _, backward, _ in self.calls]

    def rates(self, step):
        """The different rates of the trials in the programs of the block that begins with a step."""
        return {float(rate) for first, _, settings in self.calls if first == step for rate in settings.learning_rate.numpy()}


@pytest.mark.parametrize(("width", "seeds"), [(2, 2), (5, 5), (6, 2), (100, 3), (6, 1)])
def test_groups_hold_every_trial_once_and_no_more_seeds_than_a_program_is_given_sequences_of(width, seeds):
    trials = [trial(TASK, "rnn", seed=seed) for seed in (2, 3, 4) for _ in range(6)]
    wave = Wave(trainer_of(TASK, "rnn", ProgramSize(width, seeds), "none"), trials)
    groups = list(wave.groups(range(18)))
    assert sorted(place for group in groups for place in group) == list(range(18))
    assert all(len(group) <= width and len({trials[place].seed for place in group}) <= seeds for group in groups)
    assert all(len(wave.slots(group)) == width for group in groups)


def test_the_backward_pass_goes_no_further_than_a_gradient_that_trains_something(monkeypatch):
    """A frozen state needs none of it, a window of 3 steps 3, all others the 7 steps of the sequence; a program goes as far as one of its trials needs."""
    trainer = trainer_of(TASK, "rnn", ProgramSize(2, 2), "none", "frozen", "truncated_bptt")
    calls = Calls(trainer, monkeypatch)
    trainer.train([trial(TASK, "rnn", mitigation) for mitigation in ("none", "truncated_bptt", "frozen", "truncated_bptt", "frozen")])
    assert calls.backward_steps() == [0, 3, 7] * 2


def test_with_several_losses_every_window_is_gone_through(monkeypatch):
    task = CopyMemory(2, copied=2, symbols=3)
    trainer = trainer_of(task, "rnn", ProgramSize(2, 1), "none", "truncated_bptt")
    calls = Calls(trainer, monkeypatch)
    trainer.train([trial(task, "rnn", "truncated_bptt")])
    assert set(calls.backward_steps()) == {task.length}


@pytest.mark.parametrize("model", slow_but(["rnn"], ["rnn", "lstm", "gru"]))
@pytest.mark.parametrize("mitigation", ["frozen", "truncated_bptt"])
def test_a_shorter_backward_pass_changes_no_figure(model, mitigation):
    """The same trial beside its like, where the backward pass is short, and beside one that needs all of it: equal to the bit."""
    trainer = trainer_of(TASK, model, ProgramSize(2, 2), "none", "frozen", "truncated_bptt")
    short, short_too = trainer.train([trial(TASK, model, mitigation, seed=seed) for seed in (2, 3)])
    for one, other in ((short, 2), (short_too, 3)):
        assert same(one, trainer.train([trial(TASK, model, mitigation, seed=other), trial(TASK, model, seed=4)])[0])


def test_a_trial_that_has_diverged_leaves_at_the_end_of_its_block(monkeypatch):
    """Of 40 steps in two blocks the second has only those that are finite; what is left of the steps is told as done."""
    trainer = trainer_of(TASK, "rnn", SHARED)
    calls, told = Calls(trainer, monkeypatch), []
    first, wild, second = trainer.train([trial(TASK, "rnn", seed=2), trial(TASK, "rnn", "relu", rate=1e30), trial(TASK, "rnn", seed=3)], told.append)
    assert wild.diverged_at is not None and wild.diverged_at <= 20
    assert calls.rates(1) == {np.float32(0.1), np.float32(1e30)} and calls.rates(21) == {np.float32(0.1)}
    assert told == [3 * 20 + 20, 2 * 20]
    assert first.diverged_at is second.diverged_at is None


def test_the_probes_of_a_trial_that_has_left_are_those_of_its_last_finite_weights():
    """At steps 20 and 40 of a trial that diverged before step 20: as measured of the weights that it has in the end."""
    trainer = trainer_of(TASK, "rnn", SHARED)
    (wild,) = trainer.train([trial(TASK, "rnn", "relu", rate=1e30)])
    weights = {name: tf.constant(np.stack([weight] * 2)) for name, weight in wild.weights.items()}
    expected = probed(TASK, "rnn", weights, ["relu", "relu"], BUDGET.probe_sequences)
    assert list(wild.probes.step) == [0, 20, 40]
    for name, values in {**wild.probes.figures, **wild.probes.by_step}.items():
        np.testing.assert_allclose(values[1], expected[name][..., 0], rtol=1e-5)
        np.testing.assert_array_equal(values[1], values[2])
    assert not np.array_equal(wild.probes.by_step["norm"][0], wild.probes.by_step["norm"][1])


def test_when_all_have_diverged_nothing_more_is_trained(monkeypatch):
    trainer = trainer_of(TASK, "rnn", SHARED)
    calls = Calls(trainer, monkeypatch)
    (wild,) = trainer.train([trial(TASK, "rnn", "relu", rate=1e30)])
    assert len(calls.calls) == 1 and np.isnan(wild.loss) and np.isnan(wild.curve.loss).all()


def test_the_time_of_a_wave_is_shared_among_its_trials():
    trainer = trainer_of(TASK, "rnn", SHARED)
    trained = trainer.train([trial(TASK, "rnn", seed=seed) for seed in (2, 3, 4)])
    parts = trainer.stopwatch.seconds(compiled=frozenset())
    assert all(each.seconds > 0 for each in trained)
    assert sum(each.seconds for each in trained) >= sum(parts.values()) * 0.9


PADDED = [
    pytest.param(model, mitigation, marks=[] if (model, mitigation) == ("rnn", "none") else pytest.mark.slow)
    for model in ("rnn", "lstm", "gru", "min_gru", "feedforward")
    for mitigation in ("none", "truncated_bptt", "layer_norm")
    if find(mitigation).not_applicable(MODELS[model]) is None
]


@pytest.mark.parametrize(("model", "mitigation"), PADDED)
def test_padding_changes_no_figure(model, mitigation):
    """In programs for sequences twice as long as the task's: losses, norms, probes and weights, equal to the bit."""
    task, trials = TASK, [trial(TASK, model, mitigation, seed=2), trial(TASK, model, seed=3)]
    exact, padded = (
        CohortTrainer(task, model, BUDGET, ProgramSize(2, 2), [find("none"), find(mitigation)], probe_program, [0, 40], length).train(trials)
        for length in (task.length, 2 * task.length)
    )
    assert all(same(one, other) for one, other in zip(exact, padded, strict=True))


@pytest.mark.parametrize("model", slow_but(["rnn"], ["rnn", "lstm", "gru"]))
def test_the_row_of_a_one_hot_input_is_its_product(model, monkeypatch):
    """Equal to the bit to a task that does not say that its inputs are one-hot."""
    trials = [trial(TASK, model, seed=2), trial(TASK, model, "gradient_clipping", seed=3)]
    outcomes = []
    for one_hot in (True, False):
        monkeypatch.setattr(FirstSymbol, "one_hot_inputs", one_hot)
        trainer = trainer_of(TASK, model, ProgramSize(2, 2), "none", "gradient_clipping")
        assert trainer.shape.one_hot == one_hot
        outcomes.append(trainer.train(trials))
    assert all(same(one, other) for one, other in zip(*outcomes, strict=True))


def test_the_lags_of_a_task_share_their_programs():
    """Traced once for two lags, with probes and evaluation; each lag learns from its own sequences."""
    programs_for.cache_clear()
    tasks = FirstSymbol(3), FirstSymbol(6)
    trainers = [CohortTrainer(task, "rnn", BUDGET, ProgramSize(2, 1), [find("none")], probe_program, [0, 40], TASK.length) for task in tasks]
    losses = [trainer.train([trial(task, "rnn")])[0].loss for trainer, task in zip(trainers, tasks, strict=True)]
    assert losses[0] != losses[1] and trainers[0].programs is trainers[1].programs and trainers[0].probe_runner is trainers[1].probe_runner
    programs = trainers[0].programs.train, trainers[0].programs.evaluate, trainers[0].probe_runner.program
    assert [program.experimental_get_tracing_count() for program in programs] == [1, 1, 1]
