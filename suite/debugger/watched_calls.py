"""Sees the outputs of every layer, and the state that enters each step of a recurrent one, while a block runs eagerly.

Keras has no hook on a layer's call. `Layer.__call__` looks `call` up on the instance, so an attribute of the instance is put before
the class's method for the time of the block and taken away after it; nothing of the model is changed beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
def watched(model: keras.Model, tape: tf.GradientTape | None = None) -> Iterator[Calls]:
    """Records the calls of the block; with a tape the states, and the outputs of embeddings, are watched by it."""
    calls, restoring = Calls(), []
    for layer in leaf_layers(model):
        if isinstance(layer, keras.layers.RNN):
            restoring.append(replace(layer.cell, state_recorder(layer, calls, tape)))
            restoring.append(without_cudnn(layer))
        restoring.append(replace(layer, output_recorder(layer, calls, tape)))
    try:
        yield calls
    finally:
        for restore in reversed(restoring):
            restore()


def leaf_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers that compute something themselves: containers without weights of their own (models, Bidirectional) are looked into, recurrent layers are not."""
    found: list[keras.layers.Layer] = []

    def visit(layer: keras.layers.Layer) -> None:
        inner = [] if isinstance(layer, keras.layers.RNN) else list(layer._layers)
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        if inner and not own:
            for each in inner:
                visit(each)
        elif not isinstance(layer, keras.layers.InputLayer):
            found.append(layer)

    visit(model)
    return list(dict.fromkeys(found))


def replace(layer: Any, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[[], None]:
    """Puts a function around `call`; returns what takes it away again."""
    object.__setattr__(layer, "call", around(layer.call))
    return lambda: object.__delattr__(layer, "call")


def without_cudnn(layer: keras.layers.RNN) -> Callable[[], None]:
    """On a GPU Keras would compute all steps in one kernel, in which no state can be seen."""
    if not hasattr(layer, "use_cudnn"):
        return lambda: None
    before = layer.use_cudnn
    object.__setattr__(layer, "use_cudnn", False)
    return lambda: object.__setattr__(layer, "use_cudnn", before)


def state_recorder(layer: keras.layers.RNN, calls: Calls, tape: tf.GradientTape | None):
    def around(call):
        def recording(inputs, states, *arguments, **named):
            entering = [tf.convert_to_tensor(state) for state in keras.tree.flatten(states)]
            if tape is not None:
                for state in entering:
                    tape.watch(state)
            calls.states.setdefault(layer.name, []).append(entering)
            return call(inputs, keras.tree.pack_sequence_as(states, entering), *arguments, **named)

        return recording

    return around


def output_recorder(layer: keras.layers.Layer, calls: Calls, tape: tf.GradientTape | None):
    def around(call):
        def recording(*arguments, **named):
            seen = len(calls.states.get(layer.name, []))
            outputs = call(*arguments, **named)
            if isinstance(layer, keras.layers.RNN) and not layer.unroll:
                # Keras calls the cell once more before its loop, with the initial state, to learn the shape of its output
                del calls.states[layer.name][seen]
            if tape is not None and isinstance(layer, keras.layers.Embedding):
                tape.watch(outputs)
            if layer not in calls.order:
                calls.order.append(layer)
            calls.outputs.setdefault(layer.name, []).append(outputs)
            return outputs

        return recording

    return around
