"""Outputs and gradients of each architecture against Keras' own layer carrying the same weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import network as network_of
from tests.support.networks import network_inputs, step_context, training_batch
from unvanish.suite.models import MODELS, Cell, Sizes
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TOLERANCE = 1e-5
SIZES = [
    pytest.param(FirstSymbol(3), 1, 2, marks=pytest.mark.slow),
    (FirstSymbol(12), 16, 5),
    (CopyMemory(3, copied=2, symbols=4), 9, 4),
    pytest.param(FirstSymbol(30), 32, 32, marks=pytest.mark.slow),
]


def random_weights(model, sizes, seed):
    """Initial weights with biases that are not zero, so that a bias in the wrong place shows."""
    weights = model.initial_weights(sizes, seed)
    return {name: weight + np.float32(0.1) * np.random.default_rng(seed).normal(size=weight.shape).astype(np.float32) for name, weight in weights.items()}


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("name", [model.name for model in MODELS if isinstance(model, Cell) and model.keras_class])
@pytest.mark.parametrize(("task", "hidden", "batch"), SIZES, ids=lambda value: str(getattr(value, "length", value)))
def test_outputs_and_all_gradients_agree_with_keras(name, activation, task, hidden, batch):
    model = MODELS[name]
    sizes = Sizes(task.input_size, hidden, task.output_size, task.length)
    trials = [random_weights(model, sizes, seed) for seed in (0, 1)]
    weights = {key: tf.constant(np.stack([trial[key] for trial in trials])) for key in trials[0]}
    network, settings = network_of(task, model, hidden, [{"tanh": "none", "relu": "relu"}[activation]] * 2, sequence_indices=[0, 1])
    inputs, targets = training_batch(task, batch, seeds=(0, 1))
    given = network_inputs(network, inputs)
    length = tf.constant(given.shape[0])
    evaluation = settings.evaluation_context(length)
    outputs = tf.function(network.outputs, jit_compile=True)(weights, {}, settings, evaluation, given).numpy()  # [L, E, B, C]
    differentiate = tf.function(network.loss_and_gradients, jit_compile=True)
    workspace = network.workspace(weights, given)
    training = step_context(settings, length=given.shape[0])
    loss, gradients, *_ = differentiate(weights, {}, settings, training, given, targets, workspace, length)

    for trial in (0, 1):
        keras_network = model.as_keras(task, sizes, trials[trial], activation)
        assert keras_network.count_params() == model.parameters(sizes)
        x = np.swapaxes(inputs[:, trial], 0, 1)
        if model.memoryless:
            x = x[:, list(task.loss_steps)].reshape(-1, task.input_size)
        with tf.GradientTape() as tape:
            y = tf.reshape(keras_network(x), [batch, len(task.loss_steps), -1])
            expected_loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(tf.transpose(targets[:, trial]), y, from_logits=True))
        expected = tape.gradient(expected_loss, [weight.value for weight in keras_network.trainable_weights])
        np.testing.assert_allclose(outputs[:, trial].transpose(1, 0, 2), y, atol=TOLERANCE, rtol=TOLERANCE)
        np.testing.assert_allclose(loss[trial], expected_loss, atol=TOLERANCE)
        ours = [
            *model.keras_weights({key: value.numpy()[trial] for key, value in gradients.items()}),
            gradients["output_kernel"][trial],
            gradients["output_bias"][trial],
        ]
        for mine, theirs in zip(ours, expected, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=TOLERANCE, rtol=TOLERANCE)
