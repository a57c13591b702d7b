"""The probe against autodiff on a network written out step by step, and against the closed form of a linear one."""

import numpy as np
import pytest
import tensorflow as tf

from suite.models import MODELS, Sizes
from suite.probes.gradient_through_time import GradientThroughTime, probe_steps
from suite.recipe import Recipe
from suite.training.cohort import shared_set
from suite.training.recipes import as_tensors
from suite.training.through_time import Layer
from tasks.first_symbol import FirstSymbol

TASK, HIDDEN = FirstSymbol(8), 6


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_norms_are_those_of_autodiff_on_the_unrolled_network(name):
    model = MODELS[name]
    trials = [model.initial_weights(Sizes(TASK.input_size, HIDDEN, TASK.output_size, TASK.length), Recipe(0.1), seed) for seed in (1, 2)]
    weights = {key: tf.constant(np.stack([trial[key] for trial in trials])) for key in trials[0]}
    inputs, targets = shared_set(TASK, "probe", 5)
    measured = GradientThroughTime(TASK, model).measure(weights, as_tensors([Recipe(0.1)] * 2, TASK.length, [0, 0]), inputs, targets).numpy()
    for trial in (0, 1):
        mine = {key: weight[trial : trial + 1] for key, weight in weights.items()}
        layer, states = Layer(model, mine, as_tensors([Recipe(0.1)], TASK.length, [0]), inputs), [(tf.zeros([1, 5, HIDDEN]),) * len(model.states)]
        with tf.GradientTape(persistent=True) as tape:
            for t in range(TASK.length):
                gates = layer.gates(t, states[-1][0])
                new = tuple(map(tf.identity, model.combine(gates, states[-1], tf.tanh)))  # what is handed on, h and c apart
                tape.watch(new)
                states.append(new)
            logits = (states[-1][0] @ mine["output_kernel"] + mine["output_bias"])[0]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits)  # [batch]
            total = tf.reduce_sum(losses)
        for t in range(TASK.length):
            gradient = np.concatenate([g.numpy()[0] for g in tape.gradient(total, states[t + 1], unconnected_gradients="zero")], axis=-1)
            assert measured[t, trial] == pytest.approx(np.linalg.norm(gradient, axis=-1).mean(), rel=1e-4)


def test_of_a_linear_rnn_the_gradient_is_that_of_the_powers_of_its_recurrent_matrix():
    """With tanh near 0, dL/dh_(T-k) = (U)^k dL/dh_T; here with states small enough for tanh to be the identity."""
    model = MODELS["rnn"]
    weights = model.initial_weights(Sizes(TASK.input_size, HIDDEN, TASK.output_size, TASK.length), Recipe(0.1), 1)
    weights["kernel"] *= 1e-4
    stacked = {key: tf.constant(weight[None]) for key, weight in weights.items()}
    inputs, targets = shared_set(TASK, "probe", 5)
    measured = GradientThroughTime(TASK, model).measure(stacked, as_tensors([Recipe(0.1)], TASK.length, [0]), inputs, targets).numpy()[::-1, 0]
    target = np.eye(TASK.output_size)[targets[0, 0].numpy()]
    at_end = (1 / TASK.output_size - target) @ weights["output_kernel"].T  # softmax of outputs near 0, [batch, hidden]
    for k in range(TASK.length):
        expected = np.linalg.norm(at_end @ np.linalg.matrix_power(weights["recurrent_kernel"].astype(np.float64), k).T, axis=-1).mean()
        assert measured[k] == pytest.approx(expected, rel=1e-3)


def test_a_model_without_state_has_no_gradient_through_time():
    model = MODELS["feedforward"]
    weights = {
        key: tf.constant(w[None]) for key, w in model.initial_weights(Sizes(TASK.input_size, HIDDEN, TASK.output_size, TASK.length), Recipe(0.1), 1).items()
    }
    assert GradientThroughTime(TASK, model).measure(weights, as_tensors([Recipe(0.1)], TASK.length, [0]), *shared_set(TASK, "probe", 5)).shape == (0, 1)


@pytest.mark.parametrize(("steps", "every"), [(40, 20), (2000, 50), (100, 100), (100_000, 500)])
def test_probes_are_taken_before_the_first_step_after_the_last_and_at_evaluations_between(steps, every):
    measured_at = probe_steps(steps, every)
    assert measured_at[0] == 0 and measured_at[-1] == steps and len(measured_at) <= 6
    assert all(step % every == 0 for step in measured_at)
