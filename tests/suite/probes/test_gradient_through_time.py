"""The probe against autodiff on a network written out step by step, against Keras, and against the closed form of a linear one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.networks import hooks_and_settings, probed, shared_sequences, sizes, stacked, step_context
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import probe_steps
from unvanish.suite.training.bptt import Layer
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(8), 6, 5
COPY = CopyMemory(3, copied=2, symbols=4)


def initial(model, task, seeds=(1,)):
    """Weights of some trials, with the trial axis."""
    return stacked([MODELS[model].initial_weights(sizes(task, HIDDEN), seed) for seed in seeds])


def measure(model, task, weights):
    measured = probed(task, model, weights, ["none"] * weights["output_kernel"].shape[0], BATCH)
    return {name: norms[::-1] for name, norms in measured.items() if name.endswith("norm")}  # in the order of time


@pytest.mark.parametrize("task", [TASK, COPY], ids=lambda task: task.name)
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_norms_are_those_of_autodiff_on_the_unrolled_network(name, task):
    """Of the loss at the last step, and of all losses of a sequence together."""
    model, weights = MODELS[name], initial(name, task, seeds=(1, 2))
    measured = measure(name, task, weights)
    assert set(measured) == {f"{loss}{state}norm" for loss in ("", "total_") for state in ("", "cell_", "input_") if state != "cell_" or len(model.states) > 1}
    inputs, targets = shared_sequences(task, "probe", BATCH)
    for trial in (0, 1):
        mine = {key: weight[trial : trial + 1] for key, weight in weights.items()}
        hooks, settings = hooks_and_settings(["none"])
        states = [(tf.zeros([1, BATCH, HIDDEN]),) * len(model.states)]
        losses = {}
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            layer = Layer(model, hooks, mine, settings, step_context(settings, length=task.length), inputs)
            for t in range(task.length):
                gates = layer.gate_values(layer.preactivations(t, states[-1][0]), [])
                new = tuple(map(tf.identity, model.combine(gates, states[-1], tf.tanh)))  # what is handed on, h and c apart
                tape.watch(new)
                states.append(new)
                if t in task.loss_steps:
                    logits = (new[0] @ mine["output_kernel"] + mine["output_bias"])[0]
                    losses[t] = tf.nn.sparse_softmax_cross_entropy_with_logits(targets[task.loss_steps.index(t), 0], logits)  # [batch]
            wanted = {"": tf.reduce_sum(losses[task.length - 1]), "total_": tf.reduce_sum(list(losses.values()))}
        for prefix, loss in wanted.items():
            for t in range(task.length):
                gradients = tape.gradient(loss, states[t + 1], unconnected_gradients="zero")
                for state, gradient in zip(("norm", "cell_norm"), gradients, strict=False):
                    expected = np.linalg.norm(gradient.numpy()[0], axis=-1).mean()
                    assert measured[prefix + state][t, trial] == pytest.approx(expected, rel=1e-4, abs=1e-9)
            of_inputs = np.linalg.norm(tape.gradient(loss, inputs).numpy()[:, 0], axis=-1).mean(axis=-1)  # [time]
            np.testing.assert_allclose(measured[f"{prefix}input_norm"][:, trial], of_inputs, rtol=1e-4, atol=1e-9)


def test_of_an_lstm_they_are_those_of_the_initial_state_that_keras_is_given():
    """After t steps Keras' layer is started anew from (h, c), and asked for the gradient with respect to both."""
    weights = initial("lstm", TASK)
    measured = measure("lstm", TASK, weights)
    layer = keras.layers.LSTM(HIDDEN, return_state=True)
    inputs, targets = shared_sequences(TASK, "probe", BATCH)
    sequence = tf.transpose(inputs[:, 0], [1, 0, 2])
    layer.build(sequence.shape)
    layer.set_weights([weights[name].numpy()[0] for name in ("kernel", "recurrent_kernel", "bias")])
    for t in range(1, TASK.length):
        _, h, c = layer(sequence[:, :t])
        with tf.GradientTape() as tape:
            tape.watch((h, c))
            logits = layer(sequence[:, t:], initial_state=[h, c])[0] @ weights["output_kernel"][0]
            loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
        for name, gradient in zip(("norm", "cell_norm"), tape.gradient(loss, (h, c)), strict=True):
            assert measured[name][t - 1, 0] == pytest.approx(np.linalg.norm(gradient, axis=-1).mean(), rel=1e-4)


def test_of_a_linear_rnn_the_gradient_is_that_of_the_powers_of_its_recurrent_matrix():
    """With tanh near 0, dL/dh_(T-k) = (U)^k dL/dh_T; here with states small enough for tanh to be the identity."""
    weights = initial("rnn", TASK)
    weights["kernel"] *= 1e-4
    measured = measure("rnn", TASK, weights)["norm"][::-1, 0]
    target = np.eye(TASK.output_size)[shared_sequences(TASK, "probe", BATCH)[1][0, 0].numpy()]
    at_end = (1 / TASK.output_size - target) @ weights["output_kernel"].numpy()[0].T  # softmax of outputs near 0, [batch, hidden]
    for k in range(TASK.length):
        expected = np.linalg.norm(at_end @ np.linalg.matrix_power(weights["recurrent_kernel"].numpy()[0].astype(np.float64), k).T, axis=-1).mean()
        assert measured[k] == pytest.approx(expected, rel=1e-3)


def test_a_model_without_state_has_no_gradient_through_time():
    assert measure("feedforward", TASK, initial("feedforward", TASK)) == {}


@pytest.mark.parametrize(("steps", "every"), [(40, 20), (2000, 50), (100, 100), (100_000, 500)])
def test_probes_are_taken_before_the_first_step_after_the_last_and_at_evaluations_between(steps, every):
    measured_at = probe_steps(steps, every)
    assert measured_at[0] == 0 and measured_at[-1] == steps and len(measured_at) <= 13
    assert all(step % every == 0 for step in measured_at)
