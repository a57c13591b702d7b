"""Outputs by NumPy against those of the functions that evaluate trials."""

import numpy as np
import pytest

from unvanish.suite.export.numpy_outputs import is_plain, last_outputs, loss_step_outputs
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks.table import Table
from unvanish.tasks.text import Text


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
    reader = chosen.reader()
    reader(inputs[0, :2])
    assert reader(inputs[0, 2:]) == pytest.approx(chosen.predict(inputs)[0, -1], abs=2e-6)


@pytest.mark.parametrize("model", ["feedforward", "gru"])
def test_a_cell_has_the_outputs_of_all_loss_steps(model, tmp_path):
    (tmp_path / "mine.txt").write_text("to be or not to be, " * 60)
    task = Text(1, file="mine.txt", location=tmp_path / "mine.txt", context=3, steps=5)
    sizes = Sizes(task.input_size, 4, task.output_size, task.length)
    chosen = TrainedNetwork(task, MODELS[model], find("none"), 4, 100, 3, MODELS[model].initial_weights(sizes, seed=3))
    inputs = task.sample(6, "test").inputs
    assert loss_step_outputs(chosen, inputs) == pytest.approx(chosen.predict(inputs), abs=2e-6)


def test_one_that_numpy_cannot_compute_reads_on_as_well():
    chosen = network("rnn", "layer_norm")
    inputs = chosen.task.sample(1, "test").inputs[0]
    reader = chosen.reader()
    reader(np.concatenate([inputs[:1], inputs]))  # one step more than it was trained on
    assert reader(inputs) == pytest.approx(chosen.predict(inputs[None])[0, -1], abs=2e-6)


@pytest.mark.parametrize(("model", "mitigation"), [("rnn", "layer_norm"), ("rnn", "leaky"), ("tcn", "none")])
def test_what_numpy_cannot_compute_is_left_to_tensorflow(model, mitigation):
    assert not is_plain(network(model, mitigation))
