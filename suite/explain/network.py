"""The tiny networks of the explanation: the suite's own cells and mitigations, in double precision (Elman 1990; Werbos 1990; the source document, S7 and S8).

h(t) = g_h(W_x x(t) + W_h h(t-1) + b_h),  h(-1) = 0
y(t) = W_y h(t) + b_y
E    = sum over the outputs of (actual - output)^2, mean over the days that count and the sequences

Axes: T day, E network, B sequence, F input, H hidden unit, C output. No operation mixes networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.mitigations import Combination, StepContext, ordered_mitigations
from unvanish.suite.models import Cell
from unvanish.suite.training.bptt import Layer
from unvanish.suite.training.hooks import Hooks, SlotsByName
from unvanish.suite.training.losses import readout
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.settings import Tensors, make_settings

Array = NDArray[np.float64]


class Weights(NamedTuple):
    """The weights of one vanilla network, or the gradient of the error with respect to each, as the equations write them.

    W_x [hidden, input], W_h [hidden, hidden], b_h [hidden], W_y [output, hidden], b_y [output].
    """

    W_x: Array
    W_h: Array
    b_h: Array
    W_y: Array
    b_y: Array

    @property
    def by_name(self) -> dict[str, NDArray[Any]]:
        """The same with the suite's names and axes."""
        return {"kernel": self.W_x.T, "recurrent_kernel": self.W_h.T, "bias": self.b_h, "output_kernel": self.W_y.T, "output_bias": self.b_y}

    @classmethod
    def of(cls, named: Tensors, network: int = 0) -> Weights:
        """Return those of one of the networks [E, ...]."""
        one = {name: np.array(weight[network]) for name, weight in named.items()}
        return cls(one["kernel"].T, one["recurrent_kernel"].T, one["bias"], one["output_kernel"].T, one["output_bias"])


class Pass(NamedTuple):
    """A pass forward and back.

    h, y            states and outputs [T, E, B, H or C]
    error           E of each network [E]
    gradients       dE/dW by the name of the weight, [E, ...] each
    state_gradient  dE/dh [T, E, B, H]; of an LSTM dE/dc
    """

    h: tf.Tensor
    y: tf.Tensor
    error: tf.Tensor
    gradients: Tensors
    state_gradient: tf.Tensor


class Networks:
    """Networks of one cell, each trained with its own mitigations at one learning rate, for a number of updates over gaps of `lag` days."""

    def __init__(self, cell: Cell, mitigations: Sequence[Combination], rate: float, seed: int, lag: int, updates: int = 1) -> None:
        used = ordered_mitigations(mitigations)
        count = len(mitigations)
        settings = make_settings(mitigations, used, [rate] * count, [seed] * count, [0] * count, [lag] * count, updates)
        self.cell, self.count, self.hooks = cell, count, Hooks(used)
        self.settings = tf.nest.map_structure(lambda values: tf.cast(values, tf.float64) if values.dtype.is_floating else values, settings)
        self.settings = self.settings._replace(learning_rate=tf.fill([count], tf.constant(rate, tf.float64)))  # 0.1 in single precision is another rate

    def forward(self, weights: Tensors, x: tf.Tensor, context: StepContext) -> list[tuple[tf.Tensor, ...]]:
        """Return the states [E, B, H] after each day, from weights [E, ...] and inputs x [T, B, F]."""
        inputs, settings = self.hooks.transform_inputs(tf.convert_to_tensor(x)[:, None], context, self.settings)
        layer = Layer(self.cell, self.hooks, weights, settings, context, inputs)
        bias = layer.bias() if self.hooks.transforms_preactivations else []
        mask = self.hooks.bptt_mask(len(x), len(self.cell.states), context, self.settings)
        states = (tf.zeros([self.count, x.shape[1], weights["output_kernel"].shape[1]], tf.float64),) * len(self.cell.states)
        days = []
        for t in range(len(x)):
            if mask is not None:
                states = tuple(tf.where(mask[t, i][:, None, None], state, tf.stop_gradient(state)) for i, state in enumerate(states))
            states = layer.next_states(layer.gate_values(layer.preactivations(t, states[0]), bias), states)
            days.append(states)
        return days

    def outputs(self, weights: Tensors, x: tf.Tensor) -> tf.Tensor:
        """Return y [T, E, B, C]."""
        context = self.settings.evaluation_context(tf.constant(len(x)))
        return readout(weights, tf.stack([states[0] for states in self.forward(weights, x, context)]))

    def forward_backward(self, weights: Tensors, x: tf.Tensor, actual: tf.Tensor, days: Sequence[int], step: int | tf.Tensor = 1) -> Pass:
        """Return all values and gradients of an update, for inputs x [T, B, F] and what is actual [T, B, C], where E counts the errors of these days."""
        context = self.context(step, len(x))
        with tf.GradientTape() as tape:
            tape.watch(weights)
            states = self.forward(weights, x, context)
            h = tf.stack([state[0] for state in states])
            y = readout(weights, h)
            error = mean_square(y, actual, days)
        gradients, of_states = tape.gradient(error, (weights, [state[-1] for state in states]), unconnected_gradients=tf.UnconnectedGradients.ZERO)
        for name, penalty in self.hooks.loss_penalty_gradients(weights, context, self.settings).items():
            gradients[name] += penalty
        return Pass(h, y, error, gradients, tf.stack(of_states))

    def init_slots(self, weights: Tensors, length: int) -> SlotsByName:
        """Return the slots of the mitigations before the first update, for sequences of `length` days."""
        return self.hooks.init_slots(packing(weights).pack(weights), self.context(0, length), self.settings)

    def update(self, weights: Tensors, gradients: Tensors, slots: SlotsByName, length: int, step: int | tf.Tensor = 1) -> tuple[Tensors, SlotsByName]:
        """Return the change of each weight in an update, counted from 1, on sequences of `length` days, and the slots after it."""
        pack = packing(weights)
        context = self.context(step, length)
        gradient, trainable = pack.pack(gradients), self.hooks.trainable_mask(pack.mask_for, self.settings)
        if trainable is not None:
            gradient = tf.where(trainable, gradient, 0.0)
        gradient, _, slots = self.hooks.transform_gradient(gradient, slots, context, self.settings)
        subtracted, slots = self.hooks.update(gradient, slots, context, self.settings)
        return pack.unpack(-subtracted), slots

    def context(self, step: int | tf.Tensor, length: int) -> StepContext:
        """Return the context of an update, counted from 1, on sequences of `length` days."""
        return self.settings.training_context(tf.convert_to_tensor(step, tf.int32), tf.constant(length))


def packing(weights: Tensors) -> Packing:
    """Return the packing of weights [trial, ...] into one vector a trial."""
    return Packing({name: tuple(weight.shape[1:]) for name, weight in weights.items()})


def mean_square(y: tf.Tensor, actual: tf.Tensor, days: Sequence[int]) -> tf.Tensor:
    """Return E [E] of outputs y [T, E, B, C] and what is actual [T, B, C]."""
    deviation = tf.gather(y, days) - tf.gather(actual, days)[:, None]
    return tf.reduce_mean(tf.reduce_sum(tf.square(deviation), axis=-1), axis=[0, 2])


def side_by_side(networks: Sequence[dict[str, NDArray[Any]]]) -> Tensors:
    """Return the weights of several networks with the axis E in front."""
    return {name: tf.constant(np.stack([network[name] for network in networks]), tf.float64) for name in networks[0]}
