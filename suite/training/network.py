"""What the compiled programs need of a network: its outputs, and the gradients of its loss. There are two ways to the gradients.

`unvanish.suite.training.cell_network` has the backward pass written out for cells, `unvanish.suite.training.keras_network` derives it
automatically for any Keras model. Axes: T time, S seed, B batch, F input, E trial, L loss step, C output.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.training.settings import Settings, Tensors


class Differentiated(NamedTuple):
    """What one training step finds."""

    loss: tf.Tensor  # [E]
    gradients: Tensors  # [E, ...] each
    kept: Tensors  # [E, ...] each: what the network keeps beside its weights, such as running means
    workspace: Any  # to be handed to the next step


class Network(Protocol):
    """One task and model, for all trials of a cohort at once. No operation mixes trials."""

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> Any:
        """Memory for a training step over inputs [T, S, B, F], used again by each of them."""
        ...

    def outputs(self, weights: Tensors, kept: Tensors, settings: Settings, inputs: tf.Tensor) -> tf.Tensor:
        """[T, S, B, F] -> [L, E, B, C], as for a prediction."""
        ...

    def loss_and_gradients(
        self, weights: Tensors, kept: Tensors, settings: Settings, now: Now, inputs: tf.Tensor, targets: tf.Tensor, workspace: Any
    ) -> Differentiated:
        """Each trial's loss and its gradients; inputs [T, S, B, F], targets [L, S, B]."""
        ...
