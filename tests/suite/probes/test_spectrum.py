"""Spectral radius and largest singular value against matrices whose values are known."""

import numpy as np
import pytest

from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.suite.probes.spectrum import spectrum

HIDDEN = 16


def stacked(model, mitigation="none"):
    trials = [find(mitigation).initial_weights(MODELS[model], Sizes(3, HIDDEN, 2, 10), seed, lag=9) for seed in (1, 2)]
    return {name: np.stack([trial[name] for trial in trials]) for name in trials[0]}


def test_of_a_triangular_matrix_the_radius_is_on_the_diagonal_and_the_singular_value_by_hand():
    """[[2, 3], [0, -4]]: eigenvalues 2 and -4; of A'A = [[4, 6], [6, 25]] the largest is (29 + sqrt(585)) / 2."""
    figures = spectrum(MODELS["rnn"], {"recurrent_kernel": np.array([[[2, 3], [0, -4]], [[0, 1], [-1, 0]]], np.float32)})
    assert figures["spectral_radius"] == pytest.approx([4, 1])
    assert figures["largest_singular_value"] == pytest.approx([np.sqrt((29 + np.sqrt(585)) / 2), 1])


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_an_orthogonal_start_stretches_nothing(model):
    figures = spectrum(MODELS[model], stacked(model, "orthogonal"))
    assert figures["spectral_radius"] == pytest.approx([1, 1], abs=1e-5) and figures["largest_singular_value"] == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize(("model", "block", "blocks"), [("lstm", 2, 4), ("gru", 2, 3)])
def test_the_candidates_weights_count_and_the_gates_do_not(model, block, blocks):
    weights = stacked(model)
    weights["recurrent_kernel"] = np.full((2, HIDDEN, blocks * HIDDEN), 7.0, np.float32)
    weights["recurrent_kernel"][..., block * HIDDEN : (block + 1) * HIDDEN] = 3 * np.eye(HIDDEN)
    assert spectrum(MODELS[model], weights)["spectral_radius"] == pytest.approx([3, 3])


def test_without_recurrence_there_is_none():
    assert spectrum(MODELS["feedforward"], stacked("feedforward")) == {}
