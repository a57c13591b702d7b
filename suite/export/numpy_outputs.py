"""The outputs of a trained cell by NumPy, which needs no TensorFlow: its own `combine` on arrays in place of tensors.

A log is then answered in the time that Python takes to start. Tests hold it against `TrainedNetwork.predict`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.models import Cell

Array = NDArray[np.float32]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}


def is_plain(network: TrainedNetwork) -> bool:
    """Return whether a network is a cell that ships, whose mitigations change nothing but its activation in inference."""
    ships = isinstance(network.model, Cell) and type(network.model).__module__.startswith("unvanish.suite.models.")
    inputs_change = any(part.overrides("transform_inputs") for part in network.mitigations.parts)
    return ships and not inputs_change and network.mitigations.keras_activation in ACTIVATIONS


def last_outputs(network: TrainedNetwork, inputs: Array) -> Array:
    """Return the outputs of a network at the last time step, [sequence, time, input] -> [sequence, output]; without TensorFlow where it `is_plain`."""
    return outputs_at(network, inputs, [inputs.shape[1] - 1])[:, 0] if is_plain(network) else network.predict(inputs)[:, -1]


def loss_step_outputs(network: TrainedNetwork, inputs: Array) -> Array:
    """Return what `TrainedNetwork.predict` does of sequences as long as the task's; without TensorFlow where the network `is_plain`."""
    return outputs_at(network, inputs, network.task.loss_steps) if is_plain(network) else network.predict(inputs)


def outputs_at(network: TrainedNetwork, inputs: Array, steps: Sequence[int]) -> Array:
    """Return the outputs of a network that `is_plain` at some time steps, in order: [sequence, time, input] -> [sequence, time step, output]."""
    run = CellRun(network, len(inputs))
    hidden = {step: run.read(inputs[:, step]) for step in (steps if run.cell.memoryless else range(steps[-1] + 1))}
    return run.outputs(np.stack([hidden[step] for step in steps], axis=1))


class CellRun:
    """A cell that `is_plain` while it reads sequences, a time step at a time; `state` is what it remembers, [sequence, hidden] each."""

    def __init__(self, network: TrainedNetwork, count: int) -> None:
        assert isinstance(network.model, Cell)
        self.cell, self.weights = network.model, network.weights
        self.activation = ACTIVATIONS[str(network.mitigations.keras_activation)]
        self.functions: dict[str, Callable[[Any], Any]] = {"sigmoid": expit, "activation": self.activation, "identity": lambda x: x}
        self.state = tuple(np.zeros((count, network.hidden_size), np.float32) for _ in self.cell.states)

    def read(self, inputs: Array) -> Array:
        """Read the inputs of the next time step, [sequence, input], and return the hidden state after it, [sequence, hidden]."""
        cell, weights = self.cell, self.weights
        from_input = iter(np.split(inputs @ weights["kernel"] + weights["bias"], cell.input_blocks, axis=-1))
        from_state = iter(
            np.split(self.state[0] @ weights["recurrent_kernel"] + weights.get("recurrent_bias", 0), cell.recurrent_blocks, axis=-1)
            if cell.recurrent_blocks
            else []
        )
        sums = [(next(from_input) if gate.input else 0) + (next(from_state) if gate.recurrent else 0) for gate in cell.gates]
        gates = [self.functions[gate.function](total) for gate, total in zip(cell.gates, sums, strict=True)]
        self.state = cell.combine(gates, self.state, self.activation)
        return self.state[0]

    def outputs(self, hidden: Array) -> Array:
        """Return the outputs of hidden states, [..., hidden] -> [..., output]."""
        return np.asarray(hidden @ self.weights["output_kernel"] + self.weights["output_bias"], np.float32)


def reader(network: TrainedNetwork) -> Callable[[Array], Array]:
    """Return a function of the inputs of the next time steps, [time, input], that returns the outputs after the last of them, [output].

    The network remembers all that it was given before. One that is not `is_plain` sees the last steps again each time, as many as it was trained on.
    """
    if not is_plain(network):
        seen: list[Array] = []

        def predict(inputs: Array) -> Array:
            seen.extend(inputs)
            return network.predict(np.stack(seen[-network.task.length :])[None])[0, -1]

        return predict
    run = CellRun(network, 1)

    def read(inputs: Array) -> Array:
        hidden = [run.read(step[None]) for step in inputs]
        return run.outputs(hidden[-1][0])

    return read
