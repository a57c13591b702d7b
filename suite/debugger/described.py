"""What inputs and targets look like, beside the model that takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger import architecture
from unvanish.suite.debugger.record import Input, Output
from unvanish.suite.debugger.watched_calls import Calls

MOST_CLASSES = 1000


def describe_inputs(model: keras.Model, x: Any, calls: Calls) -> tuple[Input, ...]:
    """The scale of each input, over at most 1,000 samples."""
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    arrays = keras.tree.flatten(x)
    if len(names) != len(arrays):
        names = [f"input {number + 1}" for number in range(len(arrays))]
    weighted = [layer for layer in calls.order if architecture.parameters(layer) or isinstance(layer, architecture.NORMALISING)]
    handled = bool(weighted) and isinstance(weighted[0], (*architecture.NORMALISING, keras.layers.Embedding))
    return tuple(describe_input(name, array[:1000], handled) for name, array in zip(names, arrays, strict=True))


def describe_input(name: str, array: np.ndarray, handled: bool) -> Input:
    if not np.issubdtype(array.dtype, np.number):
        return Input(name, True, 0.0, 0.0, 1.0, True)
    values = array.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    values = np.where(np.isfinite(values), values, 0.0)
    spread = values.std(axis=0).ravel() if values.ndim < 3 else values.reshape(-1, values.shape[-1]).std(axis=0)
    moving = spread[spread > 0]
    ratio = float(moving.max() / moving.min()) if moving.size else 1.0
    return Input(name, finite, float(np.percentile(np.abs(values), 99)), float(values.std()), ratio, handled)


def describe_outputs(model: keras.Model, y: Any, predictions: Any, calls: Calls) -> tuple[Output, ...]:
    """Each output beside its targets; outputs without a target of their own are left out."""
    predicted, targets = keras.tree.flatten(predictions), keras.tree.flatten(y)
    if len(predicted) != len(targets):
        return ()
    names = getattr(model, "output_names", None) or [f"output {number + 1}" for number in range(len(predicted))]
    losses = architecture.losses(model, len(predicted))
    return tuple(
        describe_output(name, *loss, architecture.output_activation(calls, prediction), np.asarray(prediction), target)
        for name, loss, prediction, target in zip(names, losses, predicted, targets, strict=True)
    )


def describe_output(name: str, loss: str, from_logits: bool, activation: str, prediction: np.ndarray, target: np.ndarray) -> Output:
    values = target.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    known = values[np.isfinite(values)] if not finite else values
    whole = finite and bool((known == np.round(known)).all())
    classes = len(np.unique(known)) if whole and np.ptp(known) < MOST_CLASSES else 0
    one_hot = bool(target.ndim > 1 and target.shape[-1] > 1 and classes == 2 and set(np.unique(known)) == {0.0, 1.0} and (values.sum(axis=-1) == 1).all())
    return Output(
        name=name,
        loss=loss,
        from_logits=from_logits,
        activation=activation,
        size=int(prediction.shape[-1]) if prediction.ndim > 1 else 1,
        shape=prediction.shape[1:],
        target_shape=target.shape[1:],
        low=float(prediction.min()),
        high=float(prediction.max()),
        target_low=float(known.min()) if known.size else np.nan,
        target_high=float(known.max()) if known.size else np.nan,
        target_deviation=float(known.std()) if known.size else np.nan,
        target_finite=finite,
        n_classes=classes,
        one_hot=one_hot,
    )
