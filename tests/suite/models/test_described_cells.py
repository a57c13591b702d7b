"""Whatever a cell's gates, states and activation are: its probes are measured, its gradients those of its equation, and plans say what cannot act on it."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.cells import CELLS
from tests.support.networks import (
    hooks_and_settings,
    loss_and_gradients,
    network,
    outputs,
    probed,
    shared_sequences,
    sizes,
    stacked,
    step_context,
    training_batch,
)
from tests.support.plugins.mingru import MODEL as MINGRU
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import load
from unvanish.suite.mitigations import Mitigation, find
from unvanish.suite.models import MODELS
from unvanish.suite.probes.spectrum import spectrum
from unvanish.suite.training.bptt import Layer
from unvanish.suite.training.losses import losses
from unvanish.tasks.first_symbol import FirstSymbol

TASK, HIDDEN, BATCH = FirstSymbol(5), 4, 6
BY_NAME = {cell.name: cell for cell in CELLS}
SPECTRUM, UNITS = {"spectral_radius", "largest_singular_value"}, {"dead_share", "saturated_share"}
NORMS = {"norm", "total_norm", "input_norm", "total_input_norm"}
MEASURED = {
    "only_gate_recurrent": NORMS | UNITS,
    "two_candidates": NORMS | UNITS | SPECTRUM,
    "linear": NORMS | SPECTRUM,
    "elementwise": NORMS | UNITS,
    "three_states": NORMS | UNITS | SPECTRUM | {"cell_norm", "total_cell_norm"},
}


def initial(cell, seeds=(1, 2)):
    """Initial weights of some trials, but with biases that are not zero."""
    random = np.random.default_rng(3)
    trials = [cell.initial_weights(sizes(TASK, HIDDEN), seed) for seed in seeds]
    return {name: weight + 0.2 * random.normal(size=weight.shape).astype(np.float32) for name, weight in stacked(trials).items()}


@pytest.fixture(params=CELLS, ids=lambda cell: cell.name)
def cell(request, monkeypatch):
    monkeypatch.setitem(MODELS.own, request.param.name, request.param)
    return request.param


def test_every_probe_is_measured_that_has_a_meaning_and_no_other(cell):
    figures = probed(TASK, cell.name, initial(cell), ["none", "none"], BATCH)
    assert set(figures) == MEASURED[cell.name]
    assert all(np.isfinite(figure).all() for figure in figures.values())


def test_gradients_are_those_of_automatic_differentiation(cell):
    weights = initial(cell)
    trials, settings = network(TASK, cell, HIDDEN, ["none", "none"])
    inputs, targets = training_batch(TASK, BATCH)
    actual = loss_and_gradients(trials, settings, weights, inputs, targets)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        loss = losses(trials.task, outputs(trials, settings, weights, inputs), tf.gather(targets, settings.sequence_index, axis=1))
    for name, expected in tape.gradient(loss, weights).items():
        np.testing.assert_allclose(actual.gradients[name], expected, rtol=1e-3, atol=2e-6, err_msg=name)


def test_the_norm_of_further_states_is_that_of_all_of_them_together():
    """Against automatic differentiation of a network written out step by step, of a cell with three states."""
    cell = BY_NAME["three_states"]
    weights = {name: weight[:1] for name, weight in initial(cell).items()}
    inputs, targets = shared_sequences(TASK, "probe", BATCH)
    hooks, settings = hooks_and_settings(["none"])
    layer = Layer(cell, hooks, weights, settings, step_context(settings, length=TASK.length), inputs)
    states = [(tf.zeros([1, BATCH, HIDDEN]),) * 3]
    with tf.GradientTape() as tape:
        for t in range(TASK.length):
            new = tuple(map(tf.identity, cell.combine(layer.gate_values(layer.preactivations(t, states[-1][0]), []), states[-1], tf.tanh)))
            tape.watch(new)
            states.append(new)
        logits = states[-1][0][0] @ weights["output_kernel"][0] + weights["output_bias"][0]
        loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[0, 0], logits))
    gradients = tape.gradient(loss, states[1:], unconnected_gradients="zero")
    expected = [np.linalg.norm(np.concatenate([slow[0], fast[0]], axis=-1), axis=-1).mean() for _, slow, fast in gradients]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS.own, cell.name, cell)
        measured = probed(TASK, cell.name, {name: tf.repeat(weight, 2, axis=0) for name, weight in weights.items()}, ["none", "none"], BATCH)
    np.testing.assert_allclose(measured["cell_norm"][::-1, 0], expected, rtol=1e-4)


def test_of_several_candidates_the_largest_spectrum_counts():
    """2 I beside a matrix of eigenvalues 1 and -1 and singular values 5 and 1/5, and the other way round."""
    large, long = 2 * np.eye(2), np.array([[0, 5], [0.2, 0]])
    kernels = np.stack([np.concatenate(blocks, axis=1) for blocks in ((large, long), (long, large))]).astype(np.float32)
    figures = spectrum(BY_NAME["two_candidates"], {"recurrent_kernel": kernels})
    assert figures["spectral_radius"] == pytest.approx([2, 2]) and figures["largest_singular_value"] == pytest.approx([5, 5])


@pytest.mark.parametrize(
    ("name", "uses"), [*((cell.name, cell.name != "linear") for cell in CELLS), ("rnn", True), ("lstm", True), ("gru", True), ("min_gru", False)]
)
def test_a_cell_that_calls_no_activation_is_known_by_its_equation(name, uses):
    assert (BY_NAME.get(name) or MODELS[name]).has_activation == uses


def test_a_cell_whose_equation_takes_tensors_alone_is_taken_to_use_its_activation():
    class Tensors(type(BY_NAME["linear"])):
        def combine(self, gates, states, activation):
            return (gates[0] + tf.zeros(gates[0].shape.as_list()),)

    assert Tensors().has_activation


def test_a_plan_says_which_mitigations_change_nothing_of_a_cell(monkeypatch):
    """Before anything is trained: where there is no activation, no recurrent weight, no gate that keeps the state."""
    for cell in CELLS:
        monkeypatch.setitem(MODELS.own, cell.name, cell)
    mitigations = ["none", "relu", "relu_identity", "orthogonal", "omega", "chrono"]
    profile = load("smoke").model_copy(update={"models": list(BY_NAME), "mitigations": mitigations, "mitigation": {}})
    reasons = {(entry.model, entry.mitigation): entry.reason for entry in make_plan(profile).record().not_applicable}
    assert reasons["linear", "relu"] == "there is no activation to replace"
    assert {model for model, mitigation in reasons if mitigation == "relu"} == {"linear"}
    assert {model for model, mitigation in reasons if mitigation == "orthogonal"} == {"elementwise"}
    assert {model for model, mitigation in reasons if mitigation == "omega"} == {"only_gate_recurrent", "elementwise", "three_states"}
    assert {model for model, mitigation in reasons if mitigation == "relu_identity"} == set(BY_NAME)
    assert reasons["three_states", "chrono"] == "no gate is said to keep the state or to overwrite it"
    assert ("only_gate_recurrent", "chrono") not in reasons


def test_an_activation_of_ones_own_is_not_planned_for_a_cell_without_one():
    class Softsign(Mitigation):
        name = "softsign"

        @staticmethod
        def activation(x, context, params):
            return tf.nn.softsign(x)

        @staticmethod
        def activation_slope(value, context, params):
            return (1 - tf.abs(value)) ** 2

    assert Softsign().not_applicable(BY_NAME["linear"]) == "there is no activation to replace"
    assert Softsign().not_applicable(BY_NAME["two_candidates"]) is None


def test_a_plan_says_which_mitigations_have_no_hook_in_a_keras_model():
    profile = load("smoke").model_copy(update={"models": ["tcn"], "mitigations": ["none", "relu", "orthogonal", "truncated_bptt", "adam"], "mitigation": {}})
    record = make_plan(profile).record()
    assert {entry.mitigation: entry.reason for entry in record.not_applicable} == {
        "relu": "relu acts on the cell, which tcn does not give access to",
        "orthogonal": "orthogonal acts on the initial weights, which tcn does not give access to",
        "truncated_bptt": "truncated_bptt acts on the backward pass through time, which tcn does not give access to",
    }


def test_a_minimal_gru_of_ones_own_is_the_one_that_ships_to_the_bit():
    weights = initial(MODELS["min_gru"])
    inputs, targets = training_batch(TASK, BATCH)
    results = []
    for model in (MINGRU, MODELS["min_gru"]):
        trials, settings = network(TASK, model, HIDDEN, ["none", "adam"])
        results.append(loss_and_gradients(trials, settings, weights, inputs, targets))
    np.testing.assert_array_equal(results[0].loss, results[1].loss)
    for name, gradient in results[0].gradients.items():
        np.testing.assert_array_equal(gradient, results[1].gradients[name])
    assert find("relu").not_applicable(MINGRU) == "there is no activation to replace"
