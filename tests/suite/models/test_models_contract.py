"""The backward pass and the initial weights of every registered cell; the rest of the contract is in tests/suite/contracts."""

import numpy as np
import pytest
from scipy.stats import kstest

from unvanish.suite.contracts.model import TASK, compare_with_differentiation
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS, Cell, Sizes
from unvanish.suite.training import bptt

SIZES = Sizes(input=5, hidden=40, output=3, length=50)


@pytest.fixture(params=[model.name for model in MODELS if isinstance(model, Cell)])
def model(request):
    return MODELS[request.param]


def test_weights_have_the_stated_shapes(model):
    weights = model.initial_weights(SIZES, seed=1)
    assert weights["kernel"].shape == (5, 40 * sum(gate.input for gate in model.gates))
    assert weights["output_kernel"].shape == (40, 3) and weights["output_bias"].shape == (3,)
    assert ("recurrent_kernel" in weights) == (model.recurrent_blocks > 0)
    assert all(weight.dtype == np.float32 for weight in weights.values())


@pytest.mark.parametrize("mitigation", MITIGATIONS.names)
def test_one_seed_starts_all_conditions_alike_but_for_what_they_change(model, mitigation):
    if find(mitigation).not_applicable(model):
        return
    base = model.initial_weights(SIZES, seed=1)
    started = find(mitigation).initial_weights(model, SIZES, seed=1, lag=49)
    changed = {name for name in base if not np.array_equal(started[name], base[name])}
    assert started.keys() == base.keys()
    assert bool(changed) == MITIGATIONS[mitigation].overrides("init_weights")
    assert not np.array_equal(model.initial_weights(SIZES, seed=2)["kernel"], base["kernel"])


@pytest.mark.parametrize("rows", [bptt.MAX_ROWS_PER_MATMUL, 12], ids="{} rows together".format)
@pytest.mark.parametrize("mitigations", [["none", "relu"], ["layer_norm", "leaky"]], ids=lambda names: names[0])
def test_the_backward_pass_is_the_derivative_of_the_forward_pass(model, mitigations, rows, monkeypatch):
    """Against automatic differentiation of the forward pass of whatever cell is registered, with gates that are not at their start.

    The weights' gradients of all steps together, and of three steps together, of which the earliest are fewer.
    """
    monkeypatch.setattr(bptt, "MAX_ROWS_PER_MATMUL", rows)
    assert TASK.length % 3
    compare_with_differentiation(model, [name if find(name).not_applicable(model) is None else "none" for name in mitigations])


def test_gaussian_recurrent_weights_have_standard_deviation_1_over_sqrt_hidden():
    for name in ("rnn", "lstm", "gru"):
        kernel = MODELS[name].initial_weights(SIZES, seed=1)["recurrent_kernel"]
        assert kstest(kernel.ravel() * np.sqrt(40), "norm").pvalue > 1e-4


def test_orthogonal_and_identity_starts_are_what_they_are_called():
    for name in ("rnn", "lstm", "gru"):
        kernel = find("orthogonal").initial_weights(MODELS[name], SIZES, seed=1, lag=49)["recurrent_kernel"]
        for gate in np.split(kernel, sum(gate.recurrent for gate in MODELS[name].gates), axis=1):
            np.testing.assert_allclose(gate.T @ gate, np.eye(40), atol=1e-5)
    assert np.array_equal(find("relu_identity").initial_weights(MODELS["rnn"], SIZES, seed=1, lag=49)["recurrent_kernel"], np.eye(40))


def test_biases_are_zero_but_for_the_forget_gate_of_an_lstm():
    lstm = MODELS["lstm"].initial_weights(SIZES, seed=1)["bias"].reshape(4, 40)  # i f c o
    assert (lstm[1] == 1).all() and not lstm[[0, 2, 3]].any()
    for name in ("feedforward", "rnn", "gru"):
        assert not MODELS[name].initial_weights(SIZES, seed=1)["bias"].any()


def test_chrono_biases_are_logs_of_uniform_times_and_their_opposites():
    """Tallec & Ollivier (2018), section 3: b_f ~ log U[1, T - 1], b_i = -b_f."""
    sizes = Sizes(input=5, hidden=2000, output=3, length=50)
    lstm = find("chrono").initial_weights(MODELS["lstm"], sizes, seed=1, lag=49)["bias"].reshape(4, 2000)
    assert np.array_equal(lstm[0], -lstm[1])
    gru = find("chrono").initial_weights(MODELS["gru"], sizes, seed=1, lag=49)["bias"].reshape(3, 2000)
    for times in (np.exp(lstm[1]), np.exp(gru[0])):
        assert kstest((times - 1) / 48, "uniform").pvalue > 1e-4
    assert not gru[1:].any()
