"""Record the outputs of every layer, and the state that enters each step of a recurrent one, while a block runs eagerly.

Keras has no hook on a layer's call. `Layer.__call__` looks `call` up on the instance, so an attribute of the instance is put before
the class's method for the time of the block and taken away after it; nothing of the model is changed beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import tensorflow as tf


@dataclass
class Calls:
    """outputs: by layer the tensors of each call; states: by recurrent layer the states that enter each step, [step][state]."""

    outputs: dict[str, list[Any]] = field(default_factory=dict)
    order: list[keras.layers.Layer] = field(default_factory=list)
    states: dict[str, list[list[tf.Tensor]]] = field(default_factory=dict)


@contextmanager
def recorded_calls(model: keras.Model, tape: tf.GradientTape | None = None) -> Iterator[Calls]:
    """Record the calls of the block; with a tape the states, and the outputs of embeddings, are watched by it."""
    calls, restoring = Calls(), []
    for layer in leaf_layers(model):
        if isinstance(layer, keras.layers.RNN):
            restoring.append(replace(layer.cell, "call", partial(cell_call, layer.cell.call, layer, calls, tape)))
            if hasattr(layer, "use_cudnn"):  # on a GPU Keras would compute all steps in one kernel, in which no state can be seen
                restoring.append(replace(layer, "use_cudnn", False))
        restoring.append(replace(layer, "call", partial(layer_call, layer.call, layer, calls, tape)))
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


def cell_call(call, layer: keras.layers.RNN, calls: Calls, tape: tf.GradientTape | None, inputs, states, *arguments, **named):
    """Call the cell of a recurrent layer and record the states that enter it."""
    entering = [tf.convert_to_tensor(state) for state in keras.tree.flatten(states)]
    if tape is not None:
        tape.watch(entering)
    calls.states.setdefault(layer.name, []).append(entering)
    return call(inputs, keras.tree.pack_sequence_as(states, entering), *arguments, **named)


def layer_call(call, layer: keras.layers.Layer, calls: Calls, tape: tf.GradientTape | None, *arguments, **named):
    """Call a layer and record its outputs."""
    steps_before = len(calls.states.get(layer.name, []))
    outputs = call(*arguments, **named)
    if isinstance(layer, keras.layers.RNN) and not layer.unroll:
        # Keras calls the cell once more before its loop, with the initial state, to learn the shape of its output
        del calls.states[layer.name][steps_before]
    if tape is not None and isinstance(layer, keras.layers.Embedding):
        tape.watch(outputs)
    if layer not in calls.order:
        calls.order.append(layer)
    calls.outputs.setdefault(layer.name, []).append(outputs)
    return outputs
