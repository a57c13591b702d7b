"""Every hook of a program is told the same: step, steps, lag, length, seed and whether it trains; and what plug-ins make of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.suite.training.test_cohort import BUDGET, trial
from tests.support.networks import hooks_and_settings, loss_and_gradients, network, outputs, sizes, stacked, step_context, training_batch
from tests.support.plugins.cosine import MITIGATION as COSINE
from tests.support.plugins.lag_leaky import MITIGATION as LAG_LEAKY
from unvanish.suite.experiment.plan import sizes_of
from unvanish.suite.explain.network import Networks, side_by_side
from unvanish.suite.mitigations import MITIGATIONS, Mitigation, find
from unvanish.suite.mitigations.mitigation import HOOK_POINTS
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import probe_program
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.seeding import generator

TASK, HIDDEN, BATCH = FirstSymbol(5), 4, 3
HOST_HOOKS = {"init_weights", "is_trainable"}
IN_PROGRAMS = {hook for hooks in HOOK_POINTS.values() for hook in hooks} - HOST_HOOKS | {"activation_slope", "init_slots"}
TOLD = {}  # by hook, the contexts that it was given


def told(hook, context, params):
    TOLD.setdefault(hook, []).append(context)
    assert set(params) == {"strength"}


class Everywhere(Mitigation):
    """Overrides every hook and changes nothing but for the activation, which it doubles."""

    name = "everywhere"
    summary = "-"
    against = "-"
    reference = "-"

    strength: float = 0.5

    def init_weights(self, weights, context):
        TOLD["init_weights"] = [context]
        return weights

    @staticmethod
    def transform_inputs(inputs, context, params):
        told("transform_inputs", context, params)
        return inputs

    @staticmethod
    def activation(x, context, params):
        told("activation", context, params)
        return 2 * tf.tanh(x)

    @staticmethod
    def activation_slope(value, context, params):
        told("activation_slope", context, params)
        return 2 - value**2 / 2

    @staticmethod
    def transform_preactivations(preactivations, bias, context, params):
        told("transform_preactivations", context, params)
        return list(preactivations)

    @staticmethod
    def transform_states(new, old, context, params):
        told("transform_states", context, params)
        return new

    @staticmethod
    def bptt_mask(length, n_states, context, params):
        told("bptt_mask", context, params)
        return tf.ones([length, n_states, 1], tf.bool)

    @staticmethod
    def step_penalty_gradient(d_after, d_preactivation, d_before, recurrent_kernel, context, params):
        told("step_penalty_gradient", context, params)
        return tf.zeros_like(recurrent_kernel)

    @staticmethod
    def loss_penalty(weights, context, params):
        told("loss_penalty", context, params)
        return 0 * weights["output_bias"][:, 0]

    @staticmethod
    def init_slots(weights, context, params):
        told("init_slots", context, params)
        return ()

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        told("transform_gradient", context, params)
        return gradient, tf.zeros(gradient.shape[:1], tf.bool), slots

    @staticmethod
    def learning_rate(rate, context, params):
        told("learning_rate", context, params)
        return rate

    @staticmethod
    def update(gradient, rate, slots, context, params):
        told("update", context, params)
        return rate[:, None] * gradient, slots

    @staticmethod
    def is_trainable(weight):
        return True


@pytest.fixture
def everywhere(monkeypatch):
    TOLD.clear()
    monkeypatch.setitem(MITIGATIONS.own, "everywhere", Everywhere)


def values(context):
    """A context as plain numbers."""
    return {name: np.array(value).tolist() for name, value in context._asdict().items()}


def test_every_hook_of_a_training_step_gets_the_same_context(everywhere):
    assert all(Everywhere.overrides(hook) for hook in IN_PROGRAMS)
    weights = stacked([MODELS["rnn"].initial_weights(sizes(TASK, HIDDEN), seed) for seed in (1, 2)])
    trials, settings = network(TASK, MODELS["rnn"], HIDDEN, ["everywhere", "none"])
    inputs, targets = training_batch(TASK, BATCH)
    loss_and_gradients(trials, settings, weights, inputs, targets, step=7)
    vector, context = tf.ones([2, 5]), step_context(settings, 7, TASK.length)
    slots = trials.hooks.init_slots(vector, step_context(settings, 0, TASK.length), settings)
    gradient, _, slots = trials.hooks.transform_gradient(vector, slots, context, settings)
    trials.hooks.update(gradient, slots, context, settings)
    trials.hooks.activation_slope(vector[:, None], context, settings)
    assert set(TOLD) == IN_PROGRAMS
    expected = {"step": 7, "steps": 100, "lag": [5, 5], "length": 6, "seed": [0, 1], "training": True}
    for hook, contexts in TOLD.items():
        assert all(values(context) == expected | ({"step": 0} if hook == "init_slots" else {}) for context in contexts), hook


@pytest.mark.parametrize("model", ["rnn", "tcn"])
def test_evaluations_are_told_that_nothing_is_trained_and_all_steps_are_done(model, everywhere, monkeypatch):
    monkeypatch.setattr(Everywhere, "activation", Mitigation.activation)  # a Keras model has no such hook
    weights = stacked([MODELS[model].initial_weights(sizes(TASK, HIDDEN), seed) for seed in (1, 2)])
    trials, settings = network(TASK, MODELS[model], HIDDEN, ["everywhere", "none"])
    outputs(trials, settings, weights, training_batch(TASK, BATCH)[0])
    assert TOLD["transform_inputs"]
    expected = {"step": 100, "steps": 100, "lag": [5, 5], "length": 6, "seed": [0, 1], "training": False}
    assert all(values(context) == expected for contexts in TOLD.values() for context in contexts)


def test_initial_weights_are_drawn_with_the_lag_the_length_and_the_seed(everywhere):
    find("everywhere").initial_weights(MODELS["rnn"], sizes(TASK, HIDDEN), seed=3, lag=TASK.lag)
    (context,) = TOLD["init_weights"]
    assert (context.lag, context.sizes.length, context.seed) == (5, 6, 3)


def test_the_networks_of_the_explanation_are_told_too(everywhere):
    weights = {name: weight.astype(float) for name, weight in MODELS["rnn"].initial_weights(sizes(TASK, HIDDEN), 1).items()}
    networks, four = Networks(MODELS["rnn"], [find("everywhere")], rate=0.1, seed=9, lag=4, updates=30), side_by_side([weights])
    x, days = np.ones((6, 2, TASK.input_size)), [5]
    run = networks.forward_backward(four, x, np.ones((6, 2, TASK.output_size)), days, step=2)
    networks.update(four, run.gradients, networks.init_slots(four, length=6), length=6, step=2)
    assert set(TOLD) == IN_PROGRAMS - {"activation_slope", "step_penalty_gradient"}
    expected = {"step": 2, "steps": 30, "lag": [4], "length": 6, "seed": [9], "training": True}
    for hook, contexts in TOLD.items():
        assert all(values(context) == expected | ({"step": 0} if hook == "init_slots" else {}) for context in contexts), hook
    TOLD.clear()
    networks.outputs(four, x)
    assert TOLD and all(values(context) == expected | {"step": 30, "training": False} for contexts in TOLD.values() for context in contexts)


def test_leaky_units_with_the_lag_as_time_constant_are_the_leaky_units_with_that_constant(monkeypatch):
    """Equal to the bit, at two lags that share one program: the lag is a value of it."""
    monkeypatch.setitem(MITIGATIONS.own, "lag_leaky", LAG_LEAKY)
    tasks = FirstSymbol(4), FirstSymbol(8)
    held = [find("lag_leaky"), find("leaky")]
    trainers = [CohortTrainer(task, "rnn", BUDGET, ProgramSize(2, 1), held, probe_program, [40], max_length=9) for task in tasks]
    assert trainers[0].programs is trainers[1].programs
    for trainer, task in zip(trainers, tasks, strict=True):
        by_lag, constant = trainer.train([trial(task, "rnn", name) for name in ("lag_leaky", f"leaky(leak={1 / task.lag})")])
        for name, weight in constant.weights.items():
            np.testing.assert_array_equal(by_lag.weights[name], weight)
        assert by_lag.loss == constant.loss and all((by_lag.probes.by_step[name] == norms).all() for name, norms in constant.probes.by_step.items())
    assert trainers[0].programs.train.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("step", [1, 2, 50, 100])
def test_a_cosine_rate_is_that_of_keras(step, monkeypatch):
    monkeypatch.setitem(MITIGATIONS.own, "cosine", COSINE)
    hooks, settings = hooks_and_settings(["cosine", "none"], rate=0.2, steps=100)
    change, _ = hooks.update(tf.ones([2, 3]), {}, step_context(settings, step), settings)
    np.testing.assert_allclose(change[0], keras.optimizers.schedules.CosineDecay(0.2, 100)(step - 1), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(change[1], 0.2, rtol=1e-6)


def test_training_at_a_cosine_rate_is_that_of_keras(monkeypatch):
    """Over all steps of the budget, in the compiled program."""
    monkeypatch.setitem(MITIGATIONS.own, "cosine", COSINE)
    model = MODELS["rnn"]
    (outcome,) = CohortTrainer(TASK, "rnn", BUDGET, ProgramSize(2, 1), [find("cosine")], probe_program, []).train([trial(TASK, "rnn", "cosine", 0.5, seed=3)])
    plain = model.as_keras(TASK, sizes_of(TASK, BUDGET), model.initial_weights(sizes_of(TASK, BUDGET), seed=3), "tanh")
    rate = keras.optimizers.schedules.CosineDecay(0.5, BUDGET.steps)
    plain.compile(keras.optimizers.SGD(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for block in range(BUDGET.steps // BUDGET.evaluate_every):
        drawn = TASK.draw(generator("training", 3, block), BUDGET.evaluate_every * BUDGET.batch_size)
        for part in np.split(np.arange(len(drawn.inputs)), BUDGET.evaluate_every):
            plain.train_on_batch(drawn.inputs[part], drawn.targets[part, 0])
    for mine, theirs in zip([*model.keras_weights(outcome.weights), outcome.weights["output_kernel"]], plain.get_weights(), strict=False):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)
