"""The gradient of the loss on a fixed batch: by layer, by the state that enters each step of a recurrent layer, and by the input's steps.

The model is called in training mode, as a training step calls it, but within Keras' stateless scope: the statistics of batch
normalisation, the seeds of dropout and the states of stateful layers are the same afterwards, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.layer_calls import Calls, leaf_layers, recorded_calls
from unvanish.suite.tables.measurements import Array


@dataclass(frozen=True, eq=False)
class Gradients:
    """The loss of a batch and its gradient; `calls` and `predictions` are those of the forward pass.

    norm    of all weights together; NaN where a gradient is not finite
    layer   norm by layer; 0 where none reaches it
    zero    share of a layer's entries that are exactly zero
    state   by recurrent layer: norm with respect to the states that enter each step, [time]
    input   norm with respect to the input at each step, [time]; empty where the input has no time axis
    """

    loss: float
    norm: float
    layer: dict[str, float]
    zero: dict[str, float]
    state: dict[str, Array]
    input: Array
    calls: Calls
    predictions: Any


def measure(model: keras.Model, batch: Data) -> Gradients:
    """The gradients of a batch; a layer's own are of all its trained weights together."""
    x, y, weight = (None if part is None else keras.tree.map_structure(tf.convert_to_tensor, part) for part in (batch.x, batch.y, batch.weight))
    timed = [tensor for tensor in keras.tree.flatten(x) if tensor.dtype.is_floating and tensor.shape.rank == 3][:1]
    layers = {layer.name: [weight.value for weight in layer.trainable_weights] for layer in leaf_layers(model) if layer.trainable_weights}
    with tf.GradientTape() as tape, recorded_calls(model, tape) as calls:
        tape.watch(timed)
        # penalties on weights are read from the scope's mapping
        with keras.StatelessScope([(weight, weight.value) for weight in model.trainable_weights], collect_losses=True):
            predictions = model(x, training=True)
            loss = model.compute_loss(x=x, y=y, y_pred=predictions, sample_weight=weight, training=True)
    if not timed:
        embedded = [tensors[0] for layer in calls.order if isinstance(layer, keras.layers.Embedding) for tensors in [calls.outputs[layer.name]]]
        timed = [tensor for tensor in embedded if tensor.shape.rank == 3][:1]
    by_layer, by_state, by_input = tape.gradient(loss, [layers, calls.states, timed])
    norms = {name: norm(parts) for name, parts in by_layer.items()}
    return Gradients(
        loss=float(loss),
        norm=float(np.sqrt(sum(value**2 for value in norms.values()))) if np.isfinite(list(norms.values())).all() else np.nan,
        layer=norms,
        zero={name: zero_share(parts) for name, parts in by_layer.items()},
        state={name: np.array([norm(step) for step in steps]) for name, steps in by_state.items()},
        input=through_time(by_input[0]) if timed and by_input[0] is not None else np.array([]),
        calls=calls,
        predictions=predictions,
    )


def norm(parts: list[Any]) -> float:
    """Return the norm of all tensors together; 0 where no gradient comes."""
    arrays = [dense(part) for part in parts if part is not None]
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(np.sum(array.astype(np.float64) ** 2)) for array in arrays)))


def zero_share(parts: list[Any]) -> float:
    """Share of the entries that are exactly zero; those of a tensor that no gradient reaches all are."""
    arrays = [dense(part) for part in parts if part is not None]
    entries = sum(array.size for array in arrays)
    return float(sum(int((array == 0).sum()) for array in arrays) / entries) if entries else 1.0


def through_time(gradient: Any) -> Array:
    """The norm at each step, [time], from [batch, time, feature]."""
    return np.sqrt((dense(gradient).astype(np.float64) ** 2).sum(axis=(0, 2)))


def dense(gradient: Any) -> np.ndarray:
    """An array; the rows of an embedding that are looked up more than once are added."""
    return np.asarray(tf.convert_to_tensor(gradient))
