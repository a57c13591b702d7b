"""Finds where the first value that is not finite is born: with which weights and samples, in which layer, operation or loss, forward or backward.

Weights are copied every few steps. Where a loss is not finite, the newest copy without such a value is put into the model for a moment, and the
given data are gone through for samples with which the loss or a gradient is not finite. One of them is followed layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger import architecture, layer_calls
from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.gradients import Gradients, dense
from unvanish.suite.debugger.training_step import has_own_step, keras_step, tensors, unchanged
from unvanish.suite.diagnosis.nonfinite_origin import NonFiniteOrigin

SNAPSHOT_SHARE = 0.02  # of the training's time that copying weights may take
MAX_SECONDS = 20.0  # to go through the data
LARGE = 1e6  # an ordinary number is smaller; half of the decimal range of single precision's squares is at 1e19
LARGE_IN_HALF = 1e3  # in half precision, which ends at 65504
Measure = Callable[[Data], Gradients]


class Snapshots:
    """The last two copies of the weights of a model, by the number of training steps before each."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.every, self.began = model, 1, perf_counter()
        self.copies: list[tuple[int, list[Any]]] = []
        self.take(0)

    def take(self, step: int) -> None:
        """Copy the weights, unless the last copy is so new that copying would take more than its share of the time."""
        if self.copies and step - self.copies[-1][0] < self.every:
            return
        began = perf_counter()
        self.copies = [*self.copies[-1:], (step, [tf.identity(variable.value) for variable in self.model.weights])]
        if step:
            seconds_per_step = (began - self.began) / step
            self.every = max(ceil((perf_counter() - began) / (SNAPSHOT_SHARE * seconds_per_step)), 1)


def nonfinite_weights(model: keras.Model) -> str:
    """The first layer with a weight that is not finite; empty where all are."""
    for layer in layer_calls.leaf_layers(model):
        if not all(is_finite(weight.value) for weight in layer.weights):
            return f"layer {layer.name}"
    return ""


def locate(model: keras.Model, data: Data, batch_size: int, measure: Measure, snapshots: Snapshots, step: int) -> NonFiniteOrigin:
    """The origin of a value that is not finite and was first seen in the loss of a training step, or in the weights after it."""
    began = perf_counter()
    usable = [copy for copy in reversed(snapshots.copies) if all(map(is_finite, copy[1]))]
    half = keras.backend.standardize_dtype(model.compute_dtype) == "float16"
    examined = "no copy of finite weights is left"
    magnitude = float("nan")
    with unchanged(model):
        for taken, values in usable:
            for variable, value in zip(model.weights, values, strict=True):
                variable.assign(value)
            rows, seen, largest = failing_rows(data, batch_size, measure, began)
            examined = f"with the weights after step {taken} the loss and its gradient are finite for the {seen} given samples that were gone through"
            if rows is not None:
                sample = one_of(rows, data, batch_size, measure)
                found = followed(model, data.take(np.resize(sample, batch_size if fixed(model) else 2)))
                samples = tuple(int(row) for row in sample) if len(sample) == 1 else ()
                born = step if found.direction == "forward" or step == 0 else max(step - 1, taken + 1)
                return replace(found, step=born, samples=samples)
            magnitude = largest if np.isnan(magnitude) else magnitude
    if half:
        return NonFiniteOrigin("half_precision", "", "", step, magnitude=magnitude, examined=f"{examined}; weights and updates are in half precision")
    if magnitude > LARGE:
        return NonFiniteOrigin("growth", "", "", step, magnitude=magnitude, examined=examined)
    return NonFiniteOrigin("unknown", "", "", step, magnitude=magnitude, examined=examined)


def failing_rows(data: Data, batch_size: int, measure: Measure, began: float) -> tuple[np.ndarray | None, int, float]:
    """The rows of the first batch of the data with which a value is not finite, or None; how many rows were gone through; the largest value in a layer."""
    seen, largest = 0, 0.0
    for start in range(0, data.samples, batch_size):
        rows = np.resize(np.arange(start, min(start + batch_size, data.samples)), batch_size)
        found = measure(data.take(rows))
        if not finite(found):
            return np.unique(rows), seen, largest
        seen += len(np.unique(rows))
        largest = max(largest, *(magnitude(outputs) for outputs in found.calls.outputs.values()), found.loss, found.norm)
        if perf_counter() - began > MAX_SECONDS:
            break
    return None, seen, largest


def one_of(rows: np.ndarray, data: Data, batch_size: int, measure: Measure) -> np.ndarray:
    """A single row that is enough, by halving; more where only several together are."""
    while len(rows) > 1:
        halves = np.array_split(rows, 2)
        half = next((half for half in halves if not finite(measure(data.take(np.resize(half, batch_size))))), None)
        if half is None:
            break
        rows = half
    return rows


def finite(found: Gradients) -> bool:
    """Return whether the loss and all gradients are finite."""
    return bool(np.isfinite(found.loss) and np.isfinite(found.norm) and all(np.isfinite(norms).all() for norms in found.state.values()))


def is_finite(tensors: Any) -> bool:
    """Return whether all floating-point numbers are finite."""
    flat = [tensor for tensor in keras.tree.flatten(tensors) if tensor is not None and tf.is_tensor(tensor) and tensor.dtype.is_floating]
    return all(bool(tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(tensor)))) for tensor in flat)


def magnitude(tensors: Any) -> float:
    """The largest absolute value; 0 without any, infinity where one is not finite."""
    arrays = [np.asarray(tensor).astype(np.float64) for tensor in keras.tree.flatten(tensors) if tensor is not None and is_float(tensor)]
    sizes = [float(np.abs(array).max()) for array in arrays if array.size]
    return max((size if np.isfinite(size) else np.inf for size in sizes), default=0.0)


def is_float(tensor: Any) -> bool:
    """Return whether a tensor holds floating-point numbers."""
    return tf.is_tensor(tensor) and tensor.dtype.is_floating


def fixed(model: keras.Model) -> bool:
    """Return whether a model takes batches of one size only."""
    return any(tensor.shape[0] for tensor in getattr(model, "inputs", None) or [])


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer, or of an operation of a functional model."""

    place: str
    layer: Any
    inputs: list[Any]
    outputs: list[Any]


@contextmanager
def followed_calls(model: keras.Model, tape: tf.GradientTape) -> Iterator[list[Call]]:
    """Record inputs and outputs of each call in their order."""
    calls: list[Call] = []
    layers = layer_calls.leaf_layers(model)
    operations = [each for each in getattr(model, "operations", []) if not isinstance(each, keras.layers.Layer)]
    restoring = [
        layer_calls.replace(each, "call", partial(followed_call, each.call, f"{word} {each.name}", each, calls, tape))
        for word, group in (("layer", layers), ("operation", operations))
        for each in group
    ]
    try:
        yield calls
    finally:
        for restore in restoring:
            restore()


def followed_call(call: Callable[..., Any], place: str, layer: Any, calls: list[Call], tape: tf.GradientTape, *arguments: Any, **named: Any) -> Any:
    """Call a layer or an operation, and record what enters and leaves it."""
    entering = [tensor for tensor in keras.tree.flatten((arguments, named)) if is_float(tensor) and not tf.is_symbolic_tensor(tensor)]
    tape.watch(entering)
    outputs = call(*arguments, **named)
    leaving = [tensor for tensor in keras.tree.flatten(outputs) if is_float(tensor) and not tf.is_symbolic_tensor(tensor)]
    calls.append(Call(place, layer, entering, leaving))
    return outputs


def followed(model: keras.Model, batch: Data) -> NonFiniteOrigin:
    """The place at which a value of a batch is first not finite: forward through the layers and the loss, else backward from the loss."""
    if has_own_step(model):
        return NonFiniteOrigin("operation", "the training step", "backward", 0, examined="a train_step of the model's own")
    x, y, weight = (tensors(part) for part in (batch.x, batch.y, batch.weight))
    with tf.GradientTape(persistent=True) as tape, followed_calls(model, tape) as calls:
        step = keras_step(model, x, y, weight)
    for call in calls:
        if not is_finite(call.inputs):
            return at(f"an operation before {call.place}", "forward", call.inputs, calls)
        if not is_finite(call.outputs):
            return at(call.place, "forward", call.outputs, calls, call)
    predictions = keras.tree.flatten(step.predictions)
    loss = name_of_loss(model, len(predictions))
    if not is_finite(predictions):
        return at(f"an operation after {calls[-1].place}" if calls else "the model", "forward", predictions, calls)
    of_loss = Call(loss, None, [*predictions, *filter(is_float, keras.tree.flatten(y))], [])
    if not is_finite(step.loss):
        return at(loss, "forward", [step.loss], calls, of_loss)
    if not is_finite(dense(tape.gradient(step.scaled_loss, predictions))):
        return at(loss, "backward", [], calls, of_loss)
    return backward(tape, step.scaled_loss, calls, loss)


def backward(tape: tf.GradientTape, loss: Any, calls: list[Call], loss_name: str) -> NonFiniteOrigin:
    """The last layer, from the loss backwards, whose gradient is not finite though what comes to it is."""
    later = loss_name
    for call in reversed(calls):
        leaving, entering = (dense(tape.gradient(loss, part)) for part in (call.outputs, call.inputs))
        if not is_finite(leaving):
            return at(f"an operation between {call.place} and {later}", "backward", [], calls, call)
        weights = [weight.value for weight in getattr(call.layer, "trainable_weights", [])]
        if not is_finite(entering) or not is_finite(dense(tape.gradient(loss, weights))):
            return at(call.place, "backward", [], calls, call)
        later = call.place
    return NonFiniteOrigin("unknown", "", "", 0, examined="of a single sample all values are finite")


def at(place: str, direction: str, values: list[Any], calls: list[Call], call: Call | None = None) -> NonFiniteOrigin:
    """The origin at a place, whose kind its inputs and its weights decide."""
    known = call.inputs if call is not None else [tensor for each in calls for tensor in each.outputs if is_finite(tensor)]
    weights = [weight.value for weight in getattr(getattr(call, "layer", None), "weights", [])]
    largest = magnitude([*known, *weights])
    half = any(tensor.dtype == tf.float16 for tensor in [*values, *known])
    infinite = any(bool(tf.reduce_any(tf.math.is_inf(tensor))) for tensor in values)
    if half and (largest > LARGE_IN_HALF or infinite):
        kind = "half_precision"
    else:
        kind = "growth" if largest > LARGE else "operation"
    return NonFiniteOrigin(kind, place, direction, 0, magnitude=largest)


def name_of_loss(model: keras.Model, count: int) -> str:
    """The loss by its name, where there is one."""
    names = list(dict.fromkeys(name for name, _ in architecture.losses(model, count) if name and not name.startswith("<")))
    return f"the loss {' or '.join(names)}" if names else "the loss"
