"""The outputs of a trained cell by NumPy, which needs no TensorFlow: its own `combine` on arrays in place of tensors.

A log is then answered in the time that Python takes to start. Tests hold it against `TrainedNetwork.predict`.
"""

from __future__ import annotations

from collections.abc import Callable
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
    if not is_plain(network):
        outputs: Array = network.predict(inputs)[:, -1]
        return outputs
    cell, weights = network.model, network.weights
    assert isinstance(cell, Cell)
    activation = ACTIVATIONS[str(network.mitigations.keras_activation)]
    functions: dict[str, Callable[[Any], Any]] = {"sigmoid": expit, "activation": activation, "identity": lambda x: x}
    states = tuple(np.zeros((len(inputs), network.hidden_size), np.float32) for _ in cell.states)
    first = inputs.shape[1] - 1 if cell.memoryless else 0
    for step in range(first, inputs.shape[1]):
        from_input = iter(np.split(inputs[:, step] @ weights["kernel"] + weights["bias"], cell.input_blocks, axis=-1))
        from_state = iter(
            np.split(states[0] @ weights["recurrent_kernel"] + weights.get("recurrent_bias", 0), cell.recurrent_blocks, axis=-1)
            if cell.recurrent_blocks
            else []
        )
        sums = [(next(from_input) if gate.input else 0) + (next(from_state) if gate.recurrent else 0) for gate in cell.gates]
        gates = [functions[gate.function](total) for gate, total in zip(cell.gates, sums, strict=True)]
        states = cell.combine(gates, states, activation)
    return np.asarray(states[0] @ weights["output_kernel"] + weights["output_bias"], np.float32)
