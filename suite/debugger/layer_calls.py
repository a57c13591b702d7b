"""Record the outputs of every layer, and what is needed for the gradient at each step of a recurrent one, while a model is called.

Keras has no hook on a layer's call. `Layer.__call__` looks `call` up on the instance, so an attribute of the instance is put before
the class's method for the time of the block and taken away after it; nothing of the model is changed beyond that.

The states that enter the steps of a recurrent layer are inside a loop. Zeros that are added to them at each step have the same gradient and are
made outside of it, so it can be had of a compiled loop, too; they are called nudges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import tensorflow as tf


MASKED = 0.5  # a mask comes as numbers; a step above this is not masked


def current_graph() -> Any:
    """The graph that operations go to; None where they run eagerly."""
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()


@dataclass
class Calls:
    """
    order         the layers in the order in which they were called first
    outputs       by layer the outputs of each call
    nudges        by recurrent layer, of each call and state, zeros of the shape [batch, time, unit]
    through_time  by recurrent layer, of each call the outputs at all steps, [batch, time, unit]
    """

    order: list[keras.layers.Layer] = field(default_factory=list)
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    nudges: dict[str, list[list[tf.Tensor]]] = field(default_factory=dict)
    through_time: dict[str, list[tf.Tensor]] = field(default_factory=dict)
    graph: Any = field(default_factory=current_graph)

    def outlive(self, tensors: Any) -> bool:
        """Return whether tensors can be read after the block: those of a function or loop that is compiled within it cannot."""
        flat = [each for each in keras.tree.flatten(tensors) if tf.is_tensor(each)]
        return all(not tf.is_symbolic_tensor(each) if self.graph is None else getattr(each, "graph", self.graph) is self.graph for each in flat)


@contextmanager
def recorded_calls(model: keras.Model, tape: tf.GradientTape, clip_indices: bool = False) -> Iterator[Calls]:
    """Record the calls of the block; the nudges, and the outputs of embeddings, are watched by the tape.

    With `clip_indices`, indices beyond the rows of an embedding look one of its rows up, instead of ending the call.
    """
    calls, restoring = Calls(), []
    for layer in leaf_layers(model):
        if isinstance(layer, keras.layers.RNN):
            restoring.append(replace(layer, "inner_loop", partial(nudged_loop, layer.inner_loop, layer, calls, tape)))
        call = partial(clipped_lookup, layer, layer.call) if clip_indices and isinstance(layer, keras.layers.Embedding) else layer.call
        restoring.append(replace(layer, "call", partial(layer_call, call, layer, calls, tape)))
    try:
        yield calls
    finally:
        for restore in reversed(restoring):
            restore()


def leaf_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers that compute something themselves: those inside a container without weights of its own (a model, Bidirectional), recurrent layers whole."""
    leaves: list[keras.layers.Layer] = []

    def visit(layer: keras.layers.Layer) -> None:
        inner = [] if isinstance(layer, keras.layers.RNN) else list(layer._layers)
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        if inner and not own:
            for each in inner:
                visit(each)
        elif not isinstance(layer, keras.layers.InputLayer):
            leaves.append(layer)

    visit(model)
    return list(dict.fromkeys(leaves))


def replace(layer: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute of an instance; return the function that brings back what was there."""
    own = name in vars(layer)
    before = getattr(layer, name)
    object.__setattr__(layer, name, value)
    return lambda: object.__setattr__(layer, name, before) if own else object.__delattr__(layer, name)


def nudged_loop(
    loop: Callable[..., Any],
    layer: keras.layers.RNN,
    calls: Calls,
    tape: tf.GradientTape,
    sequences: Any,
    initial_state: Any,
    mask: Any,
    training: bool = False,
) -> Any:
    """Run the loop of a recurrent layer with nudges to its states, which come with its inputs; a mask does too, so that a nudge acts at masked steps.

    A convolutional recurrent layer runs as it is.
    """
    states, cell = keras.tree.flatten(initial_state), layer.cell
    if len(sequences.shape) != 3 or any(len(state.shape) != 2 for state in states) or not calls.outlive([sequences, states]):
        return loop(sequences=sequences, initial_state=initial_state, mask=mask, training=training)
    batch, length = tf.unstack(tf.shape(sequences)[:2])
    nudges = [tf.zeros((batch, length, state.shape[-1]), state.dtype) for state in states]
    tape.watch(nudges)
    parts = [sequences, *nudges, *([] if mask is None else [tf.reshape(mask, (batch, length, 1))])]
    named = {"training": training} if getattr(cell, "_call_has_training_arg", False) else {}

    def step(joined: Any, entering: Any) -> Any:
        inputs, *moved = tf.split(joined, [part.shape[-1] for part in parts], axis=-1)
        nudged = [state + nudge for state, nudge in zip(entering[: len(states)], moved[: len(states)], strict=True)]
        output, leaving = cell(inputs, keras.tree.pack_sequence_as(initial_state, nudged), **named)
        leaving = keras.tree.flatten(leaving)
        if mask is None:
            return output, leaving
        known, before = moved[-1] > MASKED, tf.zeros_like(output) if layer.zero_output_for_mask else entering[-1]
        output = tf.where(known, output, before)
        return output, [*(tf.where(known, new, old) for new, old in zip(leaving, nudged, strict=True)), output]

    repeated = [] if mask is None else [tf.zeros_like(cell(sequences[:, 0], initial_state, **named)[0])]  # the output before a masked step
    joined = tf.concat([tf.cast(part, sequences.dtype) for part in parts], axis=-1)
    restoring = [replace(layer, "cell", step), replace(layer, "return_sequences", True)]
    try:
        last, outputs, leaving = keras.layers.RNN.inner_loop(layer, joined, [*states, *repeated], None, training)
    finally:
        for restore in restoring:
            restore()
    calls.nudges.setdefault(layer.name, []).append(nudges)
    calls.through_time.setdefault(layer.name, []).append(outputs)
    return last, outputs, keras.tree.pack_sequence_as(initial_state, list(leaving)[: len(states)])


def clipped_lookup(layer: keras.layers.Embedding, call: Callable[..., Any], indices: Any) -> Any:
    """Call an embedding with indices that it has rows for."""
    return call(tf.clip_by_value(tf.cast(indices, "int32"), 0, layer.input_dim - 1))


def layer_call(call: Callable[..., Any], layer: keras.layers.Layer, calls: Calls, tape: tf.GradientTape, *arguments: Any, **named: Any) -> Any:
    """Call a layer and record its outputs."""
    outputs = call(*arguments, **named)
    if not calls.outlive(outputs):
        return outputs
    if isinstance(layer, keras.layers.Embedding):
        tape.watch(outputs)
    if layer not in calls.order:
        calls.order.append(layer)
    calls.outputs.setdefault(layer.name, []).append(outputs)
    return outputs
