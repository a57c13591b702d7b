"""The hidden layer of a cell through time, forward and backward, for all trials of a cohort at once.

Axes: T time, S seed, B batch, F input, H hidden, E trial, L loss step. No operation mixes trials. How many of the T time steps the
sequences have is a value, so that one compiled program serves all lags of a task; the others are padding, and neither pass goes over them.

Backpropagation through time (Werbos 1990) is written out here: automatic differentiation of the forward pass costs a third to a
half more. The forward pass stores the values of the gates and the states, from which the backward pass computes every slope
without evaluating a gate again; training steps hand this memory on to each other. The gradients of the weights are one product
for several time steps, since a product of the 32 rows of a batch runs at half the speed of one of 256 rows. Where a mitigation
transforms the preactivations, slopes cannot be computed from values: then the preactivations are stored instead, and the gates
are differentiated automatically.

A name `d_x` is dL/dx: of `d_gates`, `d_preactivations` and `d_states` each element is that of one gate or state.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.mitigations import StepContext
from unvanish.suite.models import Cell, Gate
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.settings import Settings, Tensors

States = tuple[tf.Tensor, ...]
MAX_ROWS_PER_MATMUL = 256  # time steps x batch; more rows of states and gradients do not stay in the cache


class Trajectory(NamedTuple):
    """The stored activations of a forward pass; each tuple may be shorter, and what is beyond its end is not stored."""

    states: tuple[tf.Tensor, ...]  # [T + 1, E, B, H] each: zero before the first step, and after each step
    gates: tuple[tf.Tensor, ...]  # [T, E, B, H] each: values, or preactivations where a mitigation transforms those


def allocate_trajectory(cell: Cell, weights: Tensors, inputs: tf.Tensor) -> Trajectory:
    """Allocate all that the backward pass over inputs [T, S, B, F] needs."""
    length, state_shape = inputs.shape[0], state_shape_for(weights, inputs)
    states = tuple(tf.zeros([length + 1, *state_shape]) for _ in cell.states)
    return Trajectory(states, tuple(tf.zeros([length, *state_shape]) for _ in cell.gates))


def state_shape_for(weights: Tensors, inputs: tf.Tensor) -> tuple[int, int, int]:
    """Return the numbers of trials, sequences in a batch and hidden units."""
    trials, hidden = weights["output_kernel"].shape[:2]
    return trials, inputs.shape[2], hidden


def forward(layer: Layer, loss_offsets: tuple[int, ...], trajectory: Trajectory | None = None) -> tuple[tf.Tensor, Trajectory]:
    """Return the hidden states at the loss steps, [L, E, B, H], and the trajectory; the offsets count these back from the last time step.

    It is stored in the memory of `trajectory`; without one, only what the hidden states need is stored.
    """
    zero = layer.zero
    only_last = loss_offsets == (0,)
    transforms_preactivations = layer.hooks.transforms_preactivations
    bias = layer.bias() if transforms_preactivations else []
    if trajectory is None:
        trajectory = Trajectory(() if only_last else (tf.zeros([layer.max_length + 1, *zero.shape]),), ())

    def forward_step(t, states, arrays):
        preactivations = layer.preactivations(t, states[0])
        gates = layer.gate_values(preactivations, bias)
        # `zip` ends with the shorter: what has no array is not stored
        stored = preactivations if transforms_preactivations else gates
        gate_arrays = tuple(array.write(t, gate) for array, gate in zip(arrays.gates, stored))  # noqa: B905
        if gate_arrays and not transforms_preactivations:  # read back, so that the compiler computes gates into the arrays, without a copy of them
            gates = [array.read(t) for array in gate_arrays]
        states = layer.next_states(gates, states)
        state_arrays = tuple(array.write(t + 1, state) for array, state in zip(arrays.states, states))  # noqa: B905
        return t + 1, states, Trajectory(state_arrays, gate_arrays)

    arrays = Trajectory(*(tuple(map(to_tensor_array, buffers)) for buffers in trajectory))
    start = (0, (zero,) * len(layer.cell.states), arrays)
    _, states, arrays = tf.while_loop(lambda t, *_: t < layer.length, forward_step, start, maximum_iterations=layer.max_length)
    trajectory = Trajectory(*(tuple(array.stack() for array in group) for group in arrays))
    hidden = states[0][None] if only_last else tf.gather(trajectory.states[0], layer.length - tf.constant(loss_offsets))
    return hidden, trajectory


def backward(
    layer: Layer,
    loss_offsets: tuple[int, ...],
    trajectory: Trajectory,
    d_hidden: tf.Tensor,
    backward_steps: tf.Tensor | None = None,
    observe: Callable[[States, tf.Tensor], tf.Tensor] | None = None,
) -> tuple[Tensors, tf.Tensor | None]:
    """Return the gradients of the hidden layer's weights, from dL/d(hidden state at the loss steps), [L, E, B, H].

    The backward pass goes over the last `backward_steps` time steps, all of them where none is given; that no gradient goes further back
    is for the caller to know. `observe` is called at each time step with dL/d(state) after it, one [E, B, H] a state, and dL/d(input),
    [E, B, F]; the tensors that it returns are returned as [T, ...].
    """
    length, max_length, zero, cell, hooks = layer.length, layer.max_length, layer.zero, layer.cell, layer.hooks
    padding = max_length - length
    # both are of `max_length` time steps and counted back from the last one, so that step t of a shorter sequence is at t + padding
    loss_index = tf.constant([loss_offsets.index(offset) if offset in loss_offsets else -1 for offset in reversed(range(max_length))])
    mask = hooks.bptt_mask(max_length, len(cell.states), layer.context, layer.settings)
    steps_per_matmul = min(max(MAX_ROWS_PER_MATMUL // zero.shape[1], 1), max_length)
    stop = tf.constant(0) if backward_steps is None else length - backward_steps

    def backward_step(t, first, d_states, weight_grads, gradient_array, observed):
        if len(loss_offsets) > 1:
            index = loss_index[t + padding]
            d_loss = tf.where(index >= 0, d_hidden[tf.maximum(index, 0)], 0.0)
            d_states = (d_states[0] + d_loss, *d_states[1:])
        states, gates = (tuple(tf.gather(stored, t) for stored in group) for group in trajectory)
        d_preactivations, d_states_before, d_bias = layer.step_backward(gates, states, d_states)
        gradient_array = gradient_array.write(t - first, tf.concat(d_preactivations, axis=-1))
        weight_grads = dict(weight_grads)
        if d_bias:
            weight_grads["bias"] += concat_gates(d_bias, cell.has_input)
            if "recurrent_bias" in weight_grads:
                weight_grads["recurrent_bias"] += concat_gates(d_bias, cell.has_recurrent)
        if observe:
            d_inputs = tf.matmul(concat_gates(d_preactivations, cell.has_input), layer.weights["kernel"], transpose_b=True)[..., :-1]
            observed = observed.write(t, observe(d_states, d_inputs))
        if cell.recurrent_blocks:
            kernel, d_recurrent = layer.weights["recurrent_kernel"], concat_gates(d_preactivations, cell.has_recurrent)
            d_hidden_before = d_recurrent @ layer.transposed_recurrent_kernel
            if hooks.penalizes_backward_steps:
                step = (d_states[0], d_recurrent, d_hidden_before, kernel)
                weight_grads["recurrent_kernel"] += hooks.step_penalty_gradient(*step, layer.context, layer.settings)
            d_states_before = (d_states_before[0] + d_hidden_before, *d_states_before[1:])
        if mask is not None:
            passes = tf.gather(mask, t + padding)[..., None, None]
            d_states_before = tuple(tf.where(passes[state], d_state, 0.0) for state, d_state in enumerate(d_states_before))
        return t - 1, first, d_states_before, weight_grads, gradient_array, observed

    def backward_block(end, d_states, weight_grads, gradient_array, observed):
        first = tf.maximum(end - steps_per_matmul, 0)
        start = (end - 1, first, d_states, weight_grads, gradient_array, observed)
        loop = tf.while_loop(lambda t, *_: t >= tf.maximum(first, stop), backward_step, start, maximum_iterations=steps_per_matmul)
        _, _, d_states, weight_grads, gradient_array, observed = loop
        new_grads = layer.weight_grads(gradient_array.stack(), first, tf.maximum(first, stop), end, trajectory.states[0])
        weight_grads = weight_grads | {name: weight_grads[name] + gradient for name, gradient in new_grads.items()}
        return first, d_states, weight_grads, gradient_array, observed

    d_last_hidden = d_hidden[0] if len(loss_offsets) == 1 else zero
    d_states = (d_last_hidden, *(zero for _ in cell.states[1:]))
    weight_grads = {name: tf.zeros_like(weight) for name, weight in layer.weights.items()}
    if hooks.transforms_preactivations:
        weight_grads["bias"] = tf.zeros_like(layer.weights["kernel"][:, -1])
    gradient_array = to_tensor_array(tf.zeros([steps_per_matmul, *zero.shape[:-1], len(cell.gates) * zero.shape[-1]]))
    observed = tf.TensorArray(tf.float32, size=max_length) if observe else ()
    start = (tf.convert_to_tensor(length), d_states, weight_grads, gradient_array, observed)
    loop = tf.while_loop(lambda end, *_: end > stop, backward_block, start, maximum_iterations=ceil(max_length / steps_per_matmul))
    _, _, weight_grads, _, observed = loop
    bias_grad = weight_grads["kernel"][:, -1] + weight_grads.get("bias", 0.0)
    weight_grads = {**weight_grads, "kernel": weight_grads["kernel"][:, :-1], "bias": bias_grad}
    return weight_grads, observed.stack() if observe else None


class Layer:
    """The hidden layer over inputs [T, S, B, F], of which the first `context.length` time steps are the sequences.

    It prepares once what is the same at every time step. Where each input vector is one-hot, its product with the kernel is a row of that: the
    products with zeros are saved, and the result is the same to the bit.
    """

    def __init__(
        self,
        cell: Cell,
        hooks: Hooks,
        weights: Tensors,
        settings: Settings,
        context: StepContext,
        inputs: tf.Tensor,
        one_hot: bool = False,
    ) -> None:
        self.cell, self.hooks, self.settings, self.context = cell, hooks, settings, context
        self.length, self.max_length, self.zero = context.length, inputs.shape[0], tf.zeros(state_shape_for(weights, inputs))
        self.inputs = tf.pad(inputs, [(0, 0)] * 3 + [(0, 1)], constant_values=1.0)  # the bias is the weight of an input that is always 1
        kernel = tf.concat([weights["kernel"], weights["bias"][:, None]], axis=1)
        self.weights = {"kernel": kernel} | {name: weights[name] for name in ("recurrent_kernel", "recurrent_bias") if name in weights}
        self.rows = weights["kernel"] + weights["bias"][:, None] if one_hot else None
        if one_hot:
            self.classes = tf.gather(tf.argmax(inputs, axis=-1, output_type=tf.int32), settings.sequence_index, axis=1)  # [T, E, B]
        if cell.recurrent_blocks:  # transposed once: a product with a transposed operand is slower, and there is one at each time step
            self.transposed_recurrent_kernel = tf.transpose(weights["recurrent_kernel"], [0, 2, 1])

    def input(self, t: tf.Tensor) -> tf.Tensor:
        """Return the input of each trial at time step t, [E, B, F + 1]."""
        return tf.gather(tf.gather(self.inputs, t), self.settings.sequence_index)

    def input_product(self, t: tf.Tensor) -> tf.Tensor:
        """Return x W + b at time step t, [E, B, blocks * H]."""
        if self.rows is None:
            return self.input(t) @ self.weights["kernel"]
        return tf.gather(self.rows, tf.gather(self.classes, t), axis=1, batch_dims=1)

    def preactivations(self, t: tf.Tensor, hidden: tf.Tensor) -> list[tf.Tensor]:
        """Return the preactivations of the gates at time step t, [E, B, H] each, from the hidden state before it."""
        recurrent = hidden @ self.weights["recurrent_kernel"] if self.cell.recurrent_blocks else None
        return self.add_by_gate(self.input_product(t), recurrent, axis=1)

    def bias(self) -> list[tf.Tensor]:
        """Return the part of the preactivations that is a bias, [E, H] each."""
        no_recurrent = tf.zeros_like(self.weights["recurrent_kernel"][:, 0]) if self.cell.recurrent_blocks else None
        return self.add_by_gate(self.weights["kernel"][:, -1], no_recurrent, axis=0)

    def add_by_gate(self, from_input: tf.Tensor, from_hidden: tf.Tensor | None, axis: int) -> list[tf.Tensor]:
        """Split two products into their blocks and add those of the same gate; `axis` is the one that the recurrent bias lacks, 0 for none."""
        input_blocks, hidden_blocks = split_gates(from_input, self.cell.has_input), [None] * len(self.cell.gates)
        if from_hidden is not None:
            if "recurrent_bias" in self.weights:
                bias = self.weights["recurrent_bias"]
                from_hidden += bias[:, None] if axis else bias
            hidden_blocks = split_gates(from_hidden, self.cell.has_recurrent)
        return [x if h is None else h if x is None else x + h for x, h in zip(input_blocks, hidden_blocks, strict=True)]

    def gate_values(self, preactivations: list[tf.Tensor], bias: list[tf.Tensor]) -> list[tf.Tensor]:
        """Return the values of the gates from their preactivations, [E, B, H] each, and the biases in them, [E, H] each."""
        preactivations = self.hooks.transform_preactivations(preactivations, bias, self.context, self.settings)
        return [self.gate_value(gate, preactivation) for gate, preactivation in zip(self.cell.gates, preactivations, strict=True)]

    def gate_value(self, gate: Gate, preactivation: tf.Tensor) -> tf.Tensor:
        """Return the value of a gate, [E, B, H] -> the same."""
        if gate.function == "activation" and len(self.cell.gates) == 1:  # then it is contiguous, and as long rows it takes half the time
            return tf.reshape(self.activation(tf.reshape(preactivation, [*preactivation.shape[:-2], 1, -1])), preactivation.shape)
        return {"sigmoid": tf.sigmoid, "activation": self.activation, "identity": tf.identity}[gate.function](preactivation)

    def gate_backward(self, gate: Gate, value: tf.Tensor, d_value: tf.Tensor) -> tf.Tensor:
        """Return dL/d(preactivation) of a gate from its value and dL/d(value), [E, B, H] each."""
        if gate.function == "sigmoid":
            return d_value * (value * (1 - value))
        return d_value * self.hooks.activation_slope(value, self.context, self.settings) if gate.function == "activation" else d_value

    def activation(self, x: tf.Tensor) -> tf.Tensor:
        """Return the activation of the state, [..., E, B, H] -> the same."""
        return self.hooks.activation(x, self.context, self.settings)

    def next_states(self, gates: list[tf.Tensor] | tuple[tf.Tensor, ...], states: States) -> States:
        """Return the states after a time step from the gates and the states before it, [E, B, H] each."""
        return self.hooks.transform_states(self.cell.combine(gates, states, self.activation), states, self.context, self.settings)

    def step_backward(self, gates: tuple[tf.Tensor, ...], states: States, d_states: States) -> tuple[list[tf.Tensor], States, list[tf.Tensor]]:
        """Differentiate one time step, from dL/d(state after it).

        Returns dL/d(preactivation) of each gate, dL/d(state before) without the part that passes through the preactivations, and
        dL/d(bias) without that part; the last is empty unless a mitigation transforms the preactivations. `gates` are those of
        the trajectory.
        """
        transforms_preactivations = self.hooks.transforms_preactivations
        bias = self.bias() if transforms_preactivations else []
        with tf.GradientTape() as tape:
            tape.watch((gates, states, bias))
            values = self.gate_values(list(gates), bias) if transforms_preactivations else gates
            new_states = self.next_states(values, states)
        zero = tf.UnconnectedGradients.ZERO
        d_gates, d_states_before, d_bias = tape.gradient(new_states, (gates, states, bias), d_states, unconnected_gradients=zero)
        if transforms_preactivations:
            return list(d_gates), d_states_before, d_bias
        return [self.gate_backward(*gate) for gate in zip(self.cell.gates, gates, d_gates, strict=True)], d_states_before, []

    def weight_grads(self, d_preactivations: tf.Tensor, first: tf.Tensor, start: tf.Tensor, end: tf.Tensor, hidden: tf.Tensor) -> Tensors:
        """Return the weights' gradients of the time steps from `start` to `end`, exclusively.

        `d_preactivations` has all gates side by side, [step, E, B, gates * H], from the time step `first` on; those before `start` and
        from `end` on are left from earlier steps. The hidden states are [T + 1, E, B, H].
        """
        cell, steps = self.cell, d_preactivations.shape[0]
        t = first + tf.range(steps)
        d_preactivations = tf.where(((t >= start) & (t < end))[:, None, None, None], d_preactivations, 0.0)

        def blocks(has_block: tuple[bool, ...], all_gates: tf.Tensor) -> tf.Tensor:
            return concat_gates(tf.split(all_gates, len(cell.gates), axis=-1), has_block)

        inputs = tf.gather(slice_steps(self.inputs, first, steps), self.settings.sequence_index, axis=1)
        gradients = {"kernel": blocks(cell.has_input, sum_of_outer_products(inputs, d_preactivations))}
        if cell.recurrent_blocks:
            hidden = slice_steps(hidden, first, steps)
            gradients["recurrent_kernel"] = blocks(cell.has_recurrent, sum_of_outer_products(hidden, d_preactivations))
            if "recurrent_bias" in self.weights:
                gradients["recurrent_bias"] = blocks(cell.has_recurrent, tf.reduce_sum(d_preactivations, axis=[0, 2]))
        return gradients


def split_gates(product: tf.Tensor, has_block: tuple[bool, ...]) -> list[tf.Tensor | None]:
    """Split [..., blocks * H] into one tensor a gate; None for gates without a block."""
    blocks = iter(tf.split(product, sum(has_block), axis=-1))
    return [next(blocks) if has else None for has in has_block]


def concat_gates(gates: list[tf.Tensor], has_block: tuple[bool, ...]) -> tf.Tensor:
    """Concatenate the tensors of the gates that have a block: [..., blocks * H]."""
    return tf.concat([gate for gate, has in zip(gates, has_block, strict=True) if has], axis=-1)


def slice_steps(values: tf.Tensor, first: tf.Tensor, steps: int) -> tf.Tensor:
    """Return `steps` time steps of [T, ...] from `first` on."""
    return tf.slice(values, [first, 0, 0, 0], [steps, *values.shape[1:]])


def sum_of_outer_products(values: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Sum outer products over time steps and batch: [step, E, B, I] and [step, E, B, O] -> [E, I, O]."""
    rows = [tf.reshape(tf.transpose(each, [1, 0, 2, 3]), [each.shape[1], -1, each.shape[3]]) for each in (values, gradients)]
    return tf.matmul(*rows, transpose_a=True)


def to_tensor_array(buffer: tf.Tensor) -> tf.TensorArray:
    """Return a TensorArray over the first axis of a tensor."""
    return tf.TensorArray(tf.float32, size=buffer.shape[0], element_shape=buffer.shape[1:], clear_after_read=False).unstack(buffer)
