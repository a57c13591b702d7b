"""The hidden layer through time, forward and back, for all trials of a cohort at once.

Axes: T time, S seed, B batch, F input, H hidden, E trial, L loss step. No operation mixes trials.

Backpropagation through time (Werbos 1990) is written out here. The forward pass keeps the gates' values and the states, from
which the backward pass has every slope without computing a gate again; and the memory they are kept in is handed from one
training step to the next. Derived automatically from the forward pass, the same costs a third to a half more. The gradients of
the weights are one product for several steps: a product of a batch of 32 runs at half the speed of one of 256 rows. Where a
mitigation changes the gates' sums, a slope cannot be had from a value: then the sums are kept, and differentiated automatically.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.mitigations import Now
from unvanish.suite.models import Cell, Gate
from unvanish.suite.training.places import Places
from unvanish.suite.training.settings import Settings, Tensors

States = tuple[tf.Tensor, ...]
ROWS_TOGETHER = 256  # of states and gradients, over steps and batch, in one product; more do not stay in the cache


class Trajectory(NamedTuple):
    """What a forward pass went through; what is not kept is left out at the end of each tuple."""

    states: tuple[tf.Tensor, ...]  # [T + 1, E, B, H] each: zero before the first step, and after each step
    gates: tuple[tf.Tensor, ...]  # [T, E, B, H] each: values, or sums where a mitigation changes those


def select_loss_inputs(cell: Cell, inputs: tf.Tensor, loss_steps: tuple[int, ...]) -> tuple[tf.Tensor, tuple[int, ...]]:
    """The inputs [T, S, B, F] that a network must be run over, and where among them it has a loss.

    Without recurrence these are the inputs at the loss steps alone, since no other can matter.
    """
    return (inputs, loss_steps) if not cell.memoryless else (tf.gather(inputs, loss_steps), tuple(range(len(loss_steps))))


def allocate_trajectory(cell: Cell, weights: Tensors, inputs: tf.Tensor) -> Trajectory:
    """Memory for all that the backward pass needs, over inputs [T, S, B, F]."""
    length, (trials, batch, hidden) = inputs.shape[0], sizes(weights, inputs)
    states = tuple(tf.zeros([length + 1, trials, batch, hidden]) for _ in cell.states)
    return Trajectory(states, tuple(tf.zeros([length, trials, batch, hidden]) for _ in cell.gates))


def sizes(weights: Tensors, inputs: tf.Tensor) -> tuple[int, int, int]:
    """Trials, batch and hidden units."""
    trials, hidden = weights["output_kernel"].shape[:2]
    return trials, inputs.shape[2], hidden


def forward(layer: Layer, loss_steps: tuple[int, ...], trajectory: Trajectory | None = None) -> tuple[tf.Tensor, Trajectory]:
    """The hidden states at the loss steps, [L, E, B, H].

    The way there is written into `trajectory`; without one, only what the result needs is kept.
    """
    length, zero = layer.length, layer.zero
    only_last = loss_steps == (length - 1,)
    bias = layer.bias() if layer.places.changes_sums else []
    if trajectory is None:
        trajectory = Trajectory(() if only_last else (tf.zeros([length + 1, *zero.shape]),), ())

    def forward_step(t, states, kept):
        sums = layer.sums(t, states[0])
        gates = layer.values(sums, bias)
        # `zip` ends with the shorter: what is not allocated is not kept
        of_gates = sums if layer.places.changes_sums else gates
        gate_arrays = tuple(array.write(t, gate) for array, gate in zip(kept.gates, of_gates))  # noqa: B905
        states = layer.next_states(gates, states)
        state_arrays = tuple(array.write(t + 1, state) for array, state in zip(kept.states, states))  # noqa: B905
        return t + 1, states, Trajectory(state_arrays, gate_arrays)

    kept = Trajectory(*(tuple(map(as_array, buffers)) for buffers in trajectory))
    start = (0, (zero,) * len(layer.cell.states), kept)
    _, states, kept = tf.while_loop(lambda t, *_: t < length, forward_step, start, maximum_iterations=length)
    trajectory = Trajectory(*(tuple(array.stack() for array in arrays) for arrays in kept))
    hidden = states[0][None] if only_last else tf.gather(trajectory.states[0], [step + 1 for step in loss_steps])
    return hidden, trajectory


def backward(
    layer: Layer,
    loss_steps: tuple[int, ...],
    trajectory: Trajectory,
    hidden_gradient: tf.Tensor,
    now: Now,
    observe: Callable[[States, tf.Tensor], tf.Tensor] | None = None,
) -> tuple[Tensors, tf.Tensor | None]:
    """The gradients of the hidden layer's weights, from that with respect to the hidden states at the loss steps, [L, E, B, H].

    `observe` is shown dL/d(state) after each step, one [E, B, H] a state, and dL/d(input) of the step, [E, B, F], and gives a
    tensor; these come back as [T, ...].
    """
    length, zero, cell, places = layer.length, layer.zero, layer.cell, layer.places
    place = tf.constant([loss_steps.index(t) if t in loss_steps else -1 for t in range(length)])
    passes = places.passes(length, len(cell.states), now, layer.settings)
    together = min(max(ROWS_TOGETHER // zero.shape[1], 1), length)

    def backward_step(t, first, gradients, sums, of_gates, observed):
        if len(loss_steps) > 1:
            here = tf.where(place[t] >= 0, hidden_gradient[tf.maximum(place[t], 0)], 0.0)
            gradients = (gradients[0] + here, *gradients[1:])
        states, gates = (tuple(tf.gather(kept, t) for kept in each) for each in trajectory)
        of_sums, of_states, of_bias = layer.gradients_of_step(gates, states, gradients)
        of_gates = of_gates.write(t - first, tf.concat(of_sums, axis=-1))
        sums = dict(sums)
        if of_bias:
            sums["bias"] += concat_gates(of_bias, cell.has_input)
            if "recurrent_bias" in sums:
                sums["recurrent_bias"] += concat_gates(of_bias, cell.has_recurrent)
        if observe:
            of_inputs = tf.matmul(concat_gates(of_sums, cell.has_input), layer.weights["kernel"], transpose_b=True)[..., :-1]
            observed = observed.write(t, observe(gradients, of_inputs))
        if cell.recurrent_blocks:
            kernel, of_recurrent = layer.weights["recurrent_kernel"], concat_gates(of_sums, cell.has_recurrent)
            through_kernel = tf.matmul(of_recurrent, kernel, transpose_b=True)
            if places.penalizes_steps_back:
                sums["recurrent_kernel"] += places.penalty_gradient(gradients[0], of_recurrent, through_kernel, kernel, layer.settings)
            of_states = (of_states[0] + through_kernel, *of_states[1:])
        if passes is not None:
            pass_here = tf.gather(passes, t)[..., None, None]
            of_states = tuple(tf.where(pass_here[state], of_state, 0.0) for state, of_state in enumerate(of_states))
        return t - 1, first, of_states, sums, of_gates, observed

    def backward_steps(end, gradients, sums, of_gates, observed):
        first = tf.maximum(end - together, 0)
        start = (end - 1, first, gradients, sums, of_gates, observed)
        _, _, gradients, sums, of_gates, observed = tf.while_loop(lambda t, *_: t >= first, backward_step, start, maximum_iterations=together)
        found = layer.weight_gradients(of_gates.stack(), first, end, trajectory.states[0])
        return first, gradients, sums | {name: sums[name] + gradient for name, gradient in found.items()}, of_gates, observed

    from_end = hidden_gradient[0] if len(loss_steps) == 1 else zero
    gradients = (from_end, *(zero for _ in cell.states[1:]))
    sums = {name: tf.zeros_like(weight) for name, weight in layer.weights.items()}
    if places.changes_sums:
        sums["bias"] = tf.zeros_like(layer.weights["kernel"][:, -1])
    of_gates = as_array(tf.zeros([together, *zero.shape[:-1], len(cell.gates) * zero.shape[-1]]))
    observed = tf.TensorArray(tf.float32, size=length) if observe else ()
    start = (tf.constant(length), gradients, sums, of_gates, observed)
    _, _, sums, _, observed = tf.while_loop(lambda end, *_: end > 0, backward_steps, start, maximum_iterations=ceil(length / together))
    of_weights = {**sums, "kernel": sums["kernel"][:, :-1], "bias": sums["kernel"][:, -1] + sums.get("bias", 0.0)}
    return of_weights, observed.stack() if observe else None


class Layer:
    """The hidden layer over inputs [T, S, B, F], with what is the same at every step prepared once."""

    def __init__(self, cell: Cell, places: Places, weights: Tensors, settings: Settings, inputs: tf.Tensor) -> None:
        self.cell, self.places, self.settings = cell, places, settings
        self.length, self.zero = inputs.shape[0], tf.zeros(sizes(weights, inputs))
        self.inputs = tf.pad(inputs, [(0, 0)] * 3 + [(0, 1)], constant_values=1.0)  # the bias is the weight of an input that is always 1
        kernel = tf.concat([weights["kernel"], weights["bias"][:, None]], axis=1)
        self.weights = {"kernel": kernel} | {name: weights[name] for name in ("recurrent_kernel", "recurrent_bias") if name in weights}

    def input(self, t: tf.Tensor) -> tf.Tensor:
        """What each trial sees at step t, [E, B, F + 1]."""
        return tf.gather(tf.gather(self.inputs, t), self.settings.sequence)

    def sums(self, t: tf.Tensor, hidden: tf.Tensor) -> list[tf.Tensor]:
        """The gates' sums at step t, [E, B, H] each, from the hidden state before it."""
        return self.add(self.input(t) @ self.weights["kernel"], hidden @ self.weights["recurrent_kernel"] if self.cell.recurrent_blocks else None, axis=1)

    def bias(self) -> list[tf.Tensor]:
        """The part of the gates' sums that is neither of the input nor of the state, [E, H] each."""
        no_state = tf.zeros_like(self.weights["recurrent_kernel"][:, 0]) if self.cell.recurrent_blocks else None
        return self.add(self.weights["kernel"][:, -1], no_state, axis=0)

    def add(self, of_input: tf.Tensor, of_recurrent: tf.Tensor | None, axis: int) -> list[tf.Tensor]:
        """A gate's sum is of the input, of the state, or of both: blocks side by side -> one tensor a gate. The recurrent bias goes along `axis`."""
        inputs, states = split_gates(of_input, self.cell.has_input), [None] * len(self.cell.gates)
        if of_recurrent is not None:
            if "recurrent_bias" in self.weights:
                bias = self.weights["recurrent_bias"]
                of_recurrent += bias[:, None] if axis else bias
            states = split_gates(of_recurrent, self.cell.has_recurrent)
        return [x if h is None else h if x is None else x + h for x, h in zip(inputs, states, strict=True)]

    def values(self, sums: list[tf.Tensor], bias: list[tf.Tensor]) -> list[tf.Tensor]:
        """The gates' values from their sums, [E, B, H] each, and the biases in them, [E, H] each."""
        sums = self.places.sums(sums, bias, self.settings)
        return [self.value(gate, total) for gate, total in zip(self.cell.gates, sums, strict=True)]

    def next_states(self, gates: list[tf.Tensor] | tuple[tf.Tensor, ...], states: States) -> States:
        """The states after a time step."""
        return self.places.states(self.cell.combine(gates, states, self.activation), states, self.settings)

    def gradients_of_step(self, gates: tuple[tf.Tensor, ...], states: States, gradients: States) -> tuple[list[tf.Tensor], States, list[tf.Tensor]]:
        """From dL/d(state after): dL/d(sum) of each gate, dL/d(state before) but for the way through the gates, and dL/d(bias) beside the sums.

        `gates` are what the trajectory keeps; the last is empty where no mitigation changes the sums.
        """
        changes_sums = self.places.changes_sums
        bias = self.bias() if changes_sums else []
        with tf.GradientTape() as tape:
            tape.watch((gates, states, bias))
            values = self.values(list(gates), bias) if changes_sums else gates
            new = self.next_states(values, states)
        zero = tf.UnconnectedGradients.ZERO
        of_gates, of_states, of_bias = tape.gradient(new, (gates, states, bias), gradients, unconnected_gradients=zero)
        if changes_sums:
            return list(of_gates), of_states, of_bias
        return [self.through(*gate) for gate in zip(self.cell.gates, gates, of_gates, strict=True)], of_states, []

    def weight_gradients(self, of_gates: tf.Tensor, first: tf.Tensor, end: tf.Tensor, hidden: tf.Tensor) -> Tensors:
        """The weights' gradients from the steps `first` to `end`, from those of all gates' sums side by side, [step, E, B, gates * H].

        Steps after `end` are left over from what was done before. Hidden states [T + 1, E, B, H].
        """
        steps, cell = of_gates.shape[0], self.cell
        of_gates = tf.where((tf.range(steps) < end - first)[:, None, None, None], of_gates, 0.0)

        def of(has_block: tuple[bool, ...], of_all: tf.Tensor) -> tf.Tensor:
            return concat_gates(tf.split(of_all, len(cell.gates), axis=-1), has_block)

        inputs = tf.gather(slice_steps(self.inputs, first, steps), self.settings.sequence, axis=1)
        found = {"kernel": of(cell.has_input, sum_of_outer_products(inputs, of_gates))}
        if cell.recurrent_blocks:
            found["recurrent_kernel"] = of(cell.has_recurrent, sum_of_outer_products(slice_steps(hidden, first, steps), of_gates))
            if "recurrent_bias" in self.weights:
                found["recurrent_bias"] = of(cell.has_recurrent, tf.reduce_sum(of_gates, axis=[0, 2]))
        return found

    def activation(self, x: tf.Tensor) -> tf.Tensor:
        """The state's activation, [E, B, H] -> the same."""
        return self.places.activation(x, self.settings)

    def value(self, gate: Gate, total: tf.Tensor) -> tf.Tensor:
        """A gate's value from its sum, both [E, B, H]."""
        if gate.function == "activation" and len(self.cell.gates) == 1:  # then the sum is in one piece, and as long rows it takes half the time
            return tf.reshape(self.activation(tf.reshape(total, [*total.shape[:-2], 1, -1])), total.shape)
        return {"sigmoid": tf.sigmoid, "activation": self.activation, "identity": tf.identity}[gate.function](total)

    def through(self, gate: Gate, value: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """The gradient with respect to a gate's sum, from its value and the gradient with respect to that."""
        if gate.function == "sigmoid":
            return gradient * (value * (1 - value))
        return gradient * self.places.slope(value, self.settings) if gate.function == "activation" else gradient


def split_gates(product: tf.Tensor, has_block: tuple[bool, ...]) -> list[tf.Tensor | None]:
    """The blocks of [..., blocks * H], each at the place of its gate."""
    blocks = iter(tf.split(product, sum(has_block), axis=-1))
    return [next(blocks) if has else None for has in has_block]


def concat_gates(of_gates: list[tf.Tensor], has_block: tuple[bool, ...]) -> tf.Tensor:
    """The gradients of the gates that have a block, side by side: [E, B, blocks * H]."""
    return tf.concat([of_gate for of_gate, has in zip(of_gates, has_block, strict=True) if has], axis=-1)


def slice_steps(values: tf.Tensor, first: tf.Tensor, steps: int) -> tf.Tensor:
    """So many of the steps of [T, ...] from `first` on."""
    return tf.slice(values, [first, 0, 0, 0], [steps, *values.shape[1:]])


def sum_of_outer_products(values: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Over steps and batch: [step, E, B, I] and [step, E, B, O] -> [E, I, O]."""
    rows = [tf.reshape(tf.transpose(each, [1, 0, 2, 3]), [each.shape[1], -1, each.shape[3]]) for each in (values, gradients)]
    return tf.matmul(*rows, transpose_a=True)


def as_array(buffer: tf.Tensor) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, size=buffer.shape[0], element_shape=buffer.shape[1:]).unstack(buffer)
