"""The gradient of the loss on a fixed batch: by layer, by the state that enters each step of a recurrent layer, and by the input's steps.

The model is called in training mode, as a training step calls it, but within Keras' stateless scope: the statistics of batch
normalisation, the seeds of dropout and the states of stateful layers are the same afterwards, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.layer_calls import Calls, leaf_layers, recorded_calls
from unvanish.suite.debugger.training_step import built, called, has_own_step, is_recurrent, keras_step, own_step, tensors
from unvanish.suite.tables.measurements import Array


@dataclass(frozen=True, eq=False)
class Seen:
    """What a forward pass shows: its calls and predictions; None for those of a `train_step` of one's own."""

    calls: Calls
    predictions: Any


@dataclass(frozen=True, eq=False)
class Gradients(Seen):
    """The loss of a batch and its gradient, beside what the forward pass shows.

    norm    of all weights together; NaN where a gradient is not finite
    layer   norm by layer; 0 where none reaches it
    zero    share of a layer's entries that are exactly zero
    state   by recurrent layer: norm with respect to the states that enter each step, [time]
    input   norm with respect to the input at each step, [time]; empty where the input has no time axis
    loss_is_mean   whether `fit` reports the mean loss of the epoch so far, as Keras does, or that of the batch
    """

    loss: float
    norm: float
    layer: dict[str, float]
    zero: dict[str, float]
    state: dict[str, Array]
    input: Array
    loss_is_mean: bool = True


def measure(model: keras.Model, batch: Data) -> Gradients:
    """The gradients of a batch, once; a layer's own are of all its trained weights together."""
    return measurement(model, batch)()


def measurement(model: keras.Model, batch: Data) -> Callable[..., Gradients]:
    """Return what measures the gradients of a batch each time that it is called, or of another batch of the same shape that it is called with.

    A recurrent model is compiled, as Keras does, unless it is to run eagerly or has a `train_step` of its own; that takes as long as some
    measurements do. Another model has few operations, so that compiling would not pay.
    """
    built(model, batch)
    calls_of: dict[str, Any] = {}
    compute = partial(tensors_of, model, calls_of)
    if is_recurrent(model) and not model.run_eagerly and not has_own_step(model):
        compute = tf.function(compute, autograph=False)

    def measured(data: Data = batch) -> Gradients:
        return gradients_of(compute(*(tensors(part) for part in (data.x, data.y, data.weight))), calls_of)

    return measured


def forward(model: keras.Model, batch: Data) -> Seen:
    """What a forward pass alone shows, where the loss or its gradient cannot be computed; indices beyond an embedding look its last row up."""
    with tf.GradientTape() as tape, recorded_calls(model, tape, clip_indices=True) as calls, keras.StatelessScope():
        predictions = called(model, tensors(batch.x))
    return Seen(calls, predictions)


def tensors_of(model: keras.Model, calls_of: dict[str, Any], x: Any, y: Any, weight: Any) -> dict[str, Any]:
    """Everything of a forward and backward pass as tensors; what is no tensor is put into `calls_of`."""
    timed = [tensor for tensor in keras.tree.flatten(x) if tensor.dtype.is_floating and tensor.shape.rank == 3][:1]
    layers = {layer.name: layer.trainable_weights for layer in leaf_layers(model) if layer.trainable_weights}
    values = {name: [weight.value for weight in weights] for name, weights in layers.items()}
    with tf.GradientTape() as tape, recorded_calls(model, tape) as calls:
        tape.watch(timed)
        step = own_step(model, x, y, weight) if has_own_step(model) else keras_step(model, x, y, weight)
    if not timed:
        embedded = [calls.outputs[layer.name][0] for layer in calls.order if isinstance(layer, keras.layers.Embedding)]
        timed = [tensor for tensor in embedded if tensor.shape.rank == 3][:1]
    by_layer, by_state, by_input = tape.gradient(step.scaled_loss, [values, calls.nudges, timed])
    if step.gradients:
        by_layer = {name: [step.gradients.get(id(weight)) for weight in weights] for name, weights in layers.items()}
    calls_of.update(order=calls.order, loss_is_mean=step.loss_is_mean)
    return {
        "loss": step.loss,
        "scale": step.scale,
        "predictions": step.predictions,
        "outputs": calls.outputs,
        "through_time": calls.through_time,
        "by_layer": dense(by_layer),
        "by_state": dense(by_state),
        "by_input": dense(by_input),
    }


def gradients_of(found: dict[str, Any], calls_of: dict[str, Any]) -> Gradients:
    """The gradients from tensors."""
    scale = float(found["scale"])
    backwards = {layer.name for layer in calls_of["order"] if getattr(layer, "go_backwards", False)}
    norms = {name: norm(parts) / scale for name, parts in found["by_layer"].items()}
    by_state = {
        name: np.concatenate(
            [through_time(call, len(outputs[0]))[:: -1 if name in backwards else 1] for call, outputs in zip(calls, found["through_time"][name], strict=True)]
        )
        for name, calls in found["by_state"].items()
    }
    by_input = [part for part in found["by_input"] if part is not None]
    return Gradients(
        loss=float(found["loss"]),
        norm=float(np.sqrt(sum(value**2 for value in norms.values()))) if np.isfinite(list(norms.values())).all() else np.nan,
        layer=norms,
        zero={name: zero_share(parts) for name, parts in found["by_layer"].items()},
        state={name: by_step / scale for name, by_step in by_state.items()},
        input=through_time(by_input, by_input[0].shape[1]) / scale if by_input else np.array([]),
        calls=Calls(calls_of["order"], found["outputs"], {}, found["through_time"]),
        predictions=found["predictions"],
        loss_is_mean=calls_of["loss_is_mean"],
    )


def norm(parts: list[Any]) -> float:
    """Return the norm of all tensors together; 0 where no gradient comes."""
    arrays = [np.asarray(part) for part in parts if part is not None]
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(np.sum(array.astype(np.float64) ** 2)) for array in arrays)))


def zero_share(parts: list[Any]) -> float:
    """Share of the entries that are exactly zero; those of a tensor that no gradient reaches all are."""
    arrays = [np.asarray(part) for part in parts if part is not None]
    entries = sum(array.size for array in arrays)
    return float(sum(int((array == 0).sum()) for array in arrays) / entries) if entries else 1.0


def through_time(parts: list[Any], steps: int) -> Array:
    """The norm of all tensors, [batch, time, feature], together at each of the steps, [time]; 0 where no gradient comes."""
    arrays = [np.asarray(part).astype(np.float64) for part in parts if part is not None]
    with np.errstate(over="ignore", invalid="ignore"):
        total: Array = np.sqrt(sum((array**2).sum(axis=(0, 2)) for array in arrays) + np.zeros(steps))
    return total


def dense(gradients: Any) -> Any:
    """Tensors; the rows of an embedding that are looked up more than once are added."""
    if isinstance(gradients, dict):
        return {name: dense(each) for name, each in gradients.items()}
    if isinstance(gradients, (list, tuple)):
        return [dense(each) for each in gradients]
    return None if gradients is None else tf.convert_to_tensor(gradients)
