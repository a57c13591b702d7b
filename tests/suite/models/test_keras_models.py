"""Models given as Keras models: outputs, gradients and training against Keras' own on the same weights, trial by trial, whichever others share the program."""

import random
import subprocess
import sys
import textwrap
from threading import Event, Thread

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import network, sizes, stacked, step_context, training_batch
from tests.support.slow import slow_but
from unvanish.suite.experiment.plan import Budget, Condition, sizes_of
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, KerasModel
from unvanish.suite.models.keras_model import variables_by_name
from unvanish.suite.probes.measurement.program import ProbeProgram
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.seeding import generator

HIDDEN, BATCH = 8, 5
BUDGET = Budget(HIDDEN, 6, 20, 10, 32, 64, 4, (1,), (2, 3))
SHIPPED = [model for model in MODELS if isinstance(model, KerasModel)]


class Regularised(KerasModel):
    """With layers that are random or keep running means: two stacked recurrent layers, batch normalisation and dropout."""

    name = "regularised"
    recurrent = True

    def build(self, sizes):
        inputs = keras.Input((sizes.length, sizes.input))
        x = keras.layers.GRU(sizes.hidden, return_sequences=True, name="first")(inputs)
        x = keras.layers.Dropout(0.3, name="dropout")(keras.layers.BatchNormalization(name="normal")(x))
        x = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True), name="second")(x)
        return keras.Model(inputs, keras.layers.Dense(sizes.output, name="output")(x))


@pytest.fixture(params=SHIPPED, ids=lambda model: model.name)
def model(request):
    return request.param


def loaded(model, task, weights):
    """The plain Keras model with these weights."""
    plain = model.build(sizes(task, HIDDEN))
    for name, variable in variables_by_name(plain.trainable_variables).items():
        variable.assign(weights[name])
    return plain


@pytest.mark.parametrize("task", [FirstSymbol(6), CopyMemory(3, copied=2, symbols=4)], ids=lambda task: task.name)
def test_outputs_gradients_and_input_gradients_are_keras_own(model, task):
    trials = [model.initial_weights(sizes(task, HIDDEN), seed) for seed in (1, 2)]
    assert not any(np.array_equal(trials[0][name], trials[1][name]) for name in trials[0] if "kernel" in name)
    weights = stacked(trials)
    networks, settings = network(task, model, HIDDEN, ["none", "none"], sequence_indices=[0, 1])
    inputs, targets = training_batch(task, BATCH, seeds=(0, 1))
    length = tf.constant(task.length)
    context, evaluation = step_context(settings, length=task.length), settings.evaluation_context(length)
    outputs = tf.function(networks.outputs, jit_compile=True)(weights, {}, settings, evaluation, inputs).numpy()
    actual = tf.function(networks.loss_and_gradients, jit_compile=True)(weights, {}, settings, context, inputs, targets, (), length)
    input_norms = networks.input_gradient_norms(weights, {}, settings, evaluation, inputs, targets, len(task.loss_steps)).numpy()
    assert model.parameters(sizes(task, HIDDEN)) == sum(weight.size for weight in trials[0].values())
    for trial in (0, 1):
        plain = loaded(model, task, trials[trial])
        x = tf.transpose(inputs[:, trial], [1, 0, 2])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.gather(plain(x), task.loss_steps, axis=1)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(tf.transpose(targets[:, trial]), y, from_logits=True))
        *expected, of_x = tape.gradient(loss, [variable.value for variable in plain.trainable_variables] + [x])
        np.testing.assert_allclose(outputs[:, trial].transpose(1, 0, 2), y, atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(actual.loss[trial], loss, atol=1e-5)
        for name, theirs in zip(variables_by_name(plain.trainable_variables), expected, strict=True):
            np.testing.assert_allclose(actual.gradients[name][trial], theirs, atol=1e-5, rtol=1e-4, err_msg=name)
        norms = np.linalg.norm(of_x * BATCH * len(task.loss_steps), axis=-1).mean(axis=0)
        np.testing.assert_allclose(input_norms[:, trial], norms, rtol=1e-4, atol=1e-7)


def train(model, monkeypatch, trials, width=ProgramSize(2, 2)):
    """These trials, given as (mitigation, seed), of a model that need not be registered."""
    monkeypatch.setitem(MODELS.own, model.name, model)
    task = FirstSymbol(6)
    chosen = [Trial(Condition(task, model.name, find(name), (0.1,), BUDGET), "evaluate", 0.1, seed) for name, seed in trials]
    trainer = CohortTrainer(
        task, model.name, BUDGET, width, [find(name) for name in ("none", "gradient_clipping(threshold=0.01)", "adam")], ProbeProgram, [0, 20]
    )
    return trainer.train(chosen)


@pytest.mark.parametrize("model", slow_but([MODELS["tcn"]], SHIPPED), ids=lambda model: model.name)
def test_training_is_keras_plain_sgd(model, monkeypatch):
    task = FirstSymbol(6)
    outcome = train(model, monkeypatch, [("none", 2), ("none", 3)])[1]
    plain = loaded(model, task, model.initial_weights(sizes_of(task, BUDGET), seed=3))
    optimizer = keras.optimizers.SGD(0.1)
    for block in range(2):
        drawn = task.draw(generator("training", 3, block), 10 * BUDGET.batch_size)
        for part in np.split(np.arange(10 * BUDGET.batch_size), 10):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(drawn.targets[part, 0], plain(drawn.inputs[part])[:, -1], from_logits=True))
            optimizer.apply(tape.gradient(loss, [variable.value for variable in plain.trainable_variables]), plain.trainable_variables)
    for name, variable in variables_by_name(plain.trainable_variables).items():
        np.testing.assert_allclose(outcome.weights[name], variable, atol=2e-5, err_msg=name)
    assert set(outcome.probes.gradients) == {"input_norm", "total_input_norm"} and (outcome.probes.gradients["input_norm"] > 0).any()


@pytest.mark.slow
def test_layers_with_randomness_and_running_means_have_them_for_each_trial(monkeypatch):
    """Equal to the bit alone or among others; the running means move, and two seeds drop out other units."""
    kinds = [("none", 2), ("none", 3), ("adam", 2)]
    together = train(Regularised(), monkeypatch, kinds, ProgramSize(3, 2))
    for kind, beside in zip(kinds, together, strict=True):
        (alone,) = train(Regularised(), monkeypatch, [kind])
        for name, weight in beside.weights.items():
            np.testing.assert_array_equal(weight, alone.weights[name], err_msg=name)
        assert beside.loss == alone.loss
    means = [outcome.weights["normal_moving_mean"] for outcome in together]
    assert all(mean.any() for mean in means) and not np.array_equal(means[0], means[1])


def test_mitigations_at_a_hook_point_that_a_keras_model_has_not_are_refused_with_the_reason(model):
    for name, point in (("relu", "cell"), ("truncated_bptt", "backward pass through time"), ("orthogonal", "initial weights")):
        assert find(name).not_applicable(model) == f"{name} acts on the {point}, which {model.name} does not give access to"
    for name in ("none", "gradient_clipping", "rmsprop", "weight_decay", "gradient_noise", "warmup", "momentum"):
        assert find(name).not_applicable(model) is None


def test_a_model_with_outputs_of_another_shape_is_refused():
    class Last(Regularised):
        def build(self, sizes):
            return keras.Sequential([keras.Input((sizes.length, sizes.input)), keras.layers.LSTM(3), keras.layers.Dense(sizes.output)])

    with pytest.raises(ValueError, match="one for each step"):
        network(FirstSymbol(6), Last(), HIDDEN, ["none"])


def test_what_other_threads_draw_changes_no_initial_weight():
    expected, ended = MODELS["tcn"].initial_weights(sizes(FirstSymbol(5), 4), 7), Event()

    def draw():
        while not ended.is_set():
            random.random()

    thread = Thread(target=draw)
    thread.start()
    try:
        found = MODELS["tcn"].initial_weights(sizes(FirstSymbol(5), 4), 7)
    finally:
        ended.set()
        thread.join()
    assert all((found[name] == weight).all() for name, weight in expected.items())


@pytest.mark.slow
def test_the_first_weights_that_a_process_draws_are_those_of_any_other():
    """In a process that has not loaded Keras yet: what is loaded with it draws from Python's generator."""
    code = """
        from unvanish.suite.models import MODELS, Sizes

        first, second = (MODELS["tcn"].initial_weights(Sizes(2, 4, 2, 5), seed=1) for _ in range(2))
        print(all((first[name] == second[name]).all() for name in first))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == "True\n", done.stderr
