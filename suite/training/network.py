"""The interface between the compiled programs and a network: its outputs, and the gradients of its loss.

There are two implementations: `unvanish.suite.training.cell_network` has the backward pass of cells written out,
`unvanish.suite.training.keras_network` differentiates any Keras model automatically. Axes: T time, S seed, B batch, F input,
E trial, L loss step, C output.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from unvanish.suite.mitigations import StepContext
from unvanish.suite.training.settings import Settings, Tensors


class LossAndGradients(NamedTuple):
    """The results of one training step's forward and backward pass."""

    loss: tf.Tensor  # [E]
    gradients: Tensors  # [E, ...] each
    non_trainable: Tensors  # [E, ...] each: new values of variables that are not trained, such as running means
    workspace: Any  # is passed to the next step


class Network(Protocol):
    """Tasks of one shape and a model, for all trials of a cohort at once. No operation mixes trials."""

    def __hash__(self) -> int: ...

    def workspace(self, weights: Tensors, inputs: tf.Tensor) -> Any:
        """Allocate the memory that training steps over inputs [T, S, B, F] reuse."""
        ...

    def outputs(self, weights: Tensors, non_trainable: Tensors, settings: Settings, context: StepContext, inputs: tf.Tensor) -> tf.Tensor:
        """Return the outputs in inference mode, [T, S, B, F] -> [L, E, B, C]; the first `context.length` time steps are the sequences, others are padding."""
        ...

    def loss_and_gradients(
        self,
        weights: Tensors,
        non_trainable: Tensors,
        settings: Settings,
        context: StepContext,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        workspace: Any,
        backward_steps: tf.Tensor,
    ) -> LossAndGradients:
        """Return each trial's loss and its gradients; inputs [T, S, B, F], targets [L, S, B] or [L, S, B, C].

        The first `context.length` time steps are the sequences, others are padding. No gradient that is used comes from before the last
        `backward_steps` time steps, so the backward pass may end there.
        """
        ...
