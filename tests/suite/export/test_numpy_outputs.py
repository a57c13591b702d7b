"""Outputs by NumPy against those of the functions that evaluate trials."""

import numpy as np
import pytest

from unvanish.suite.export.numpy_outputs import is_plain, last_outputs
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks.table import Table


def network(model, mitigation):
    task = Table(2)
    sizes = Sizes(task.input_size, 5, task.output_size, task.length)
    return TrainedNetwork(task, MODELS[model], find(mitigation), 5, 100, 3, MODELS[model].initial_weights(sizes, seed=3))


@pytest.mark.parametrize("model", ["feedforward", "rnn", "lstm", "gru", "min_gru"])
@pytest.mark.parametrize("mitigation", ["none", "relu+adam"])
def test_a_cell_has_the_outputs_of_the_functions_that_evaluate_it(model, mitigation):
    if model == "min_gru" and mitigation != "none":
        pytest.skip("it has no activation")
    chosen = network(model, mitigation)
    biased = {name: weight + np.float32(0.1) for name, weight in chosen.weights.items()}  # biases of 0 would hide where they are added
    chosen = TrainedNetwork(chosen.task, chosen.model, chosen.mitigations, 5, 100, 3, biased)
    inputs = chosen.task.sample(6, "test").inputs
    assert is_plain(chosen)
    assert last_outputs(chosen, inputs) == pytest.approx(chosen.predict(inputs)[:, -1], abs=2e-6)


@pytest.mark.parametrize(("model", "mitigation"), [("rnn", "layer_norm"), ("rnn", "leaky"), ("tcn", "none")])
def test_what_numpy_cannot_compute_is_left_to_tensorflow(model, mitigation):
    assert not is_plain(network(model, mitigation))
