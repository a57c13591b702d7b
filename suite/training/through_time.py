"""The hidden layer through time, forward and back, for all trials of a cohort at once.

Axes: T time, S seed, B batch, F input, H hidden, E trial, L loss step. No operation mixes trials.

Backpropagation through time (Werbos 1990) is written out here. The forward pass keeps the gates' values and the states, from
which the backward pass has every slope without computing a gate again; and the memory they are kept in is handed from one
training step to the next. Derived automatically from the forward pass, the same costs a third to a half more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from suite.models import Gate, Model
from suite.training.recipes import Recipes, Tensors

States = tuple[tf.Tensor, ...]


class Trajectory(NamedTuple):
    """What a forward pass went through; what is not kept is left out at the end of each tuple."""

    states: tuple[tf.Tensor, ...]  # [T + 1, E, B, H] each: zero before the first step, and after each step
    gates: tuple[tf.Tensor, ...]  # [T, E, B, H] each


def asked(model: Model, inputs: tf.Tensor, loss_steps: tuple[int, ...]) -> tuple[tf.Tensor, tuple[int, ...]]:
    """The inputs [T, S, B, F] that a network must be run over, and where among them it has a loss.

    Without recurrence these are the inputs at the loss steps alone, since no other can matter.
    """
    return (inputs, loss_steps) if model.recurrent else (tf.gather(inputs, loss_steps), tuple(range(len(loss_steps))))


def room(model: Model, weights: Tensors, inputs: tf.Tensor) -> Trajectory:
    """Memory for all that the backward pass needs, over inputs [T, S, B, F]."""
    length, (trials, batch, hidden) = inputs.shape[0], sizes(weights, inputs)
    states = tuple(tf.zeros([length + 1, trials, batch, hidden]) for _ in model.states)
    return Trajectory(states, tuple(tf.zeros([length, trials, batch, hidden]) for _ in model.gates))


def sizes(weights: Tensors, inputs: tf.Tensor) -> tuple[int, int, int]:
    """Trials, batch and hidden units."""
    trials, hidden = weights["output_kernel"].shape[:2]
    return trials, inputs.shape[2], hidden


def forward(
    model: Model, weights: Tensors, recipes: Recipes, inputs: tf.Tensor, loss_steps: tuple[int, ...], trajectory: Trajectory | None = None
) -> tuple[tf.Tensor, Trajectory]:
    """The hidden states at the loss steps, [L, E, B, H], from inputs [T, S, B, F].

    The way there is written into `trajectory`; without one, only what the result needs is kept.
    """
    length = inputs.shape[0]
    zero = tf.zeros(sizes(weights, inputs))
    only_last = loss_steps == (length - 1,)
    if trajectory is None:
        trajectory = Trajectory(() if only_last else (tf.zeros([length + 1, *zero.shape]),), ())
    layer = Layer(model, weights, recipes, inputs)

    def advance(t, states, kept):
        gates = layer.gates(t, states[0])
        states = model.combine(gates, states, layer.activation)
        # `zip` ends with the shorter: what there is no room for is not kept
        state_arrays = tuple(array.write(t + 1, state) for array, state in zip(kept.states, states))  # noqa: B905
        gate_arrays = tuple(array.write(t, gate) for array, gate in zip(kept.gates, gates))  # noqa: B905
        return t + 1, states, Trajectory(state_arrays, gate_arrays)

    kept = Trajectory(*(tuple(map(as_array, buffers)) for buffers in trajectory))
    start = (0, (zero,) * len(model.states), kept)
    _, states, kept = tf.while_loop(lambda t, *_: t < length, advance, start, maximum_iterations=length)
    trajectory = Trajectory(*(tuple(array.stack() for array in arrays) for arrays in kept))
    hidden = states[0][None] if only_last else tf.gather(trajectory.states[0], [step + 1 for step in loss_steps])
    return hidden, trajectory


def backward(
    model: Model,
    weights: Tensors,
    recipes: Recipes,
    inputs: tf.Tensor,
    loss_steps: tuple[int, ...],
    trajectory: Trajectory,
    hidden_gradient: tf.Tensor,
    observe: Callable[[States], tf.Tensor] | None = None,
) -> tuple[Tensors, tf.Tensor | None]:
    """The gradients of the hidden layer's weights, from that with respect to the hidden states at the loss steps, [L, E, B, H].

    `observe` is shown dL/d(state) after each step, one [E, B, H] a state, and gives a [state, E]; these come back as [T, state, E].
    """
    length = inputs.shape[0]
    zero = tf.zeros(sizes(weights, inputs))
    layer = Layer(model, weights, recipes, inputs)
    place = tf.constant([loss_steps.index(t) if t in loss_steps else -1 for t in range(length)])

    def retreat(t, gradients, sums, observed):
        if len(loss_steps) > 1:
            here = tf.where(place[t] >= 0, hidden_gradient[tf.maximum(place[t], 0)], 0.0)
            gradients = (gradients[0] + here, *gradients[1:])
        if observe:
            observed = observed.write(t, observe(gradients))
        states, gates = (tuple(tf.gather(kept, t) for kept in each) for each in trajectory)
        with tf.GradientTape() as tape:
            tape.watch((gates, states))
            new = model.combine(gates, states, layer.activation)
        of_gates, of_states = tape.gradient(new, (gates, states), gradients, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        of_sums = [layer.through(*gate) for gate in zip(model.gates, gates, of_gates, strict=True)]
        of_input = join(of_sums, [gate.input for gate in model.gates])
        sums = {**sums, "kernel": sums["kernel"] + tf.matmul(layer.input(t), of_input, transpose_a=True)}
        if model.recurrent:
            of_recurrent = join(of_sums, [gate.recurrent for gate in model.gates])
            sums["recurrent_kernel"] += tf.matmul(states[0], of_recurrent, transpose_a=True)
            if "recurrent_bias" in sums:
                sums["recurrent_bias"] += tf.reduce_sum(of_recurrent, axis=1)
            of_states = (of_states[0] + tf.matmul(of_recurrent, weights["recurrent_kernel"], transpose_b=True), *of_states[1:])
            passes = tf.gather(recipes.keep, t)[:, None, None]
            of_states = tuple(tf.where(passes, of_state, 0.0) for of_state in of_states)
        return t - 1, of_states, sums, observed

    from_end = hidden_gradient[0] if len(loss_steps) == 1 else zero
    gradients = (from_end, *(zero for _ in model.states[1:]))
    sums = {name: tf.zeros_like(weight) for name, weight in layer.weights.items()}
    observed = tf.TensorArray(tf.float32, size=length, element_shape=[len(model.states), zero.shape[0]]) if observe else ()
    _, _, sums, observed = tf.while_loop(lambda t, *_: t >= 0, retreat, (length - 1, gradients, sums, observed), maximum_iterations=length)
    of_weights = {**sums, "kernel": sums["kernel"][:, :-1], "bias": sums["kernel"][:, -1]}
    return of_weights, observed.stack() if observe else None


class Layer:
    """The hidden layer with what is the same at every step prepared once."""

    def __init__(self, model: Model, weights: Tensors, recipes: Recipes, inputs: tf.Tensor) -> None:
        self.model, self.recipes = model, recipes
        self.inputs = tf.pad(inputs, [(0, 0)] * 3 + [(0, 1)], constant_values=1.0)  # the bias is the weight of an input that is always 1
        kernel = tf.concat([weights["kernel"], weights["bias"][:, None]], axis=1)
        self.weights = {"kernel": kernel} | {name: weights[name] for name in ("recurrent_kernel", "recurrent_bias") if name in weights}

    def input(self, t: tf.Tensor) -> tf.Tensor:
        """What each trial sees at step t, [E, B, F + 1]."""
        return tf.gather(tf.gather(self.inputs, t), self.recipes.sequence)

    def gates(self, t: tf.Tensor, hidden: tf.Tensor) -> list[tf.Tensor]:
        """The gates at step t, [E, B, H] each, from the hidden state before it."""
        gates = self.model.gates
        of_input = spread(self.input(t) @ self.weights["kernel"], [gate.input for gate in gates])
        of_recurrent: list[tf.Tensor | None] = [None] * len(gates)
        if self.model.recurrent:
            product = hidden @ self.weights["recurrent_kernel"]
            if "recurrent_bias" in self.weights:
                product += self.weights["recurrent_bias"][:, None]
            of_recurrent = spread(product, [gate.recurrent for gate in gates])
        sums = [x if h is None else h if x is None else x + h for x, h in zip(of_input, of_recurrent, strict=True)]
        return [self.value(gate, total) for gate, total in zip(gates, sums, strict=True)]

    def activation(self, x: tf.Tensor) -> tf.Tensor:
        return activation(x, self.recipes)

    def value(self, gate: Gate, total: tf.Tensor) -> tf.Tensor:
        """A gate's value from its sum, both [E, B, H]."""
        if len(self.model.gates) == 1:  # then the sum is in one piece, and as long rows it takes half the time
            return tf.reshape(self.activation(tf.reshape(total, [total.shape[0], 1, -1])), total.shape)
        return {"sigmoid": tf.sigmoid, "activation": self.activation, "identity": tf.identity}[gate.function](total)

    def through(self, gate: Gate, value: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
        """The gradient with respect to a gate's sum, from its value and the gradient with respect to that."""
        if gate.function == "sigmoid":
            return gradient * (value * (1 - value))
        if gate.function == "activation":
            return gradient * tf.where(self.recipes.is_relu[:, None, None], tf.cast(value > 0, tf.float32), 1 - tf.square(value))
        return gradient


def activation(x: tf.Tensor, recipes: Recipes) -> tf.Tensor:
    """The state's activation, tanh or ReLU trial by trial: [..., E, B, H] -> the same."""
    return tf.where(recipes.is_relu[:, None, None], tf.nn.relu(x), tf.tanh(x))


def spread(product: tf.Tensor, has_block: list[bool]) -> list[tf.Tensor | None]:
    """The blocks of [E, B, blocks * H], each at the place of its gate."""
    blocks = iter(tf.split(product, sum(has_block), axis=-1))
    return [next(blocks) if has else None for has in has_block]


def join(of_gates: list[tf.Tensor], has_block: list[bool]) -> tf.Tensor:
    """The gradients of the gates that have a block, side by side: [E, B, blocks * H]."""
    return tf.concat([of_gate for of_gate, has in zip(of_gates, has_block, strict=True) if has], axis=-1)


def as_array(buffer: tf.Tensor) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, size=buffer.shape[0], element_shape=buffer.shape[1:]).unstack(buffer)
