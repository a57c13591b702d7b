"""Summary statistics of inputs and targets, beside the model that takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger import architecture
from unvanish.suite.debugger.layer_calls import Calls
from unvanish.suite.diagnosis.keras_training import Input, Output

MAX_SAMPLES = 1000  # of which the scale of an input is measured


def input_summaries(model: keras.Model, x: Any, calls: Calls) -> tuple[Input, ...]:
    """The scale of each input."""
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    arrays = keras.tree.flatten(x)
    if len(names) != len(arrays):
        names = [f"input {number + 1}" for number in range(len(arrays))]
    weighted = [layer for layer in calls.order if architecture.parameters(layer) or isinstance(layer, architecture.NORMALISING)]
    normalised = bool(weighted) and isinstance(weighted[0], (*architecture.NORMALISING, keras.layers.Embedding))
    return tuple(input_summary(name, array[:MAX_SAMPLES], normalised) for name, array in zip(names, arrays, strict=True))


def input_summary(name: str, array: np.ndarray, normalised: bool) -> Input:
    """Return the summary of one input; text has none."""
    if not np.issubdtype(array.dtype, np.number):
        return Input(name, True, 0.0, 0.0, True)
    values = array.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    values = np.where(np.isfinite(values), values, 0.0)
    return Input(name, finite, float(np.percentile(np.abs(values), 99)), float(values.std()), normalised)


def output_summaries(model: keras.Model, y: Any, predictions: Any, calls: Calls) -> tuple[Output, ...]:
    """Each output beside its targets; outputs without a target of their own are left out."""
    predicted, targets = keras.tree.flatten(predictions), keras.tree.flatten(y)
    if len(predicted) != len(targets):
        return ()
    names = getattr(model, "output_names", None) or [f"output {number + 1}" for number in range(len(predicted))]
    losses = architecture.losses(model, len(predicted))
    return tuple(
        output_summary(name, *loss, architecture.output_activation(calls, prediction), np.asarray(prediction), target)
        for name, loss, prediction, target in zip(names, losses, predicted, targets, strict=True)
    )


def output_summary(name: str, loss: str, from_logits: bool, activation: str, prediction: np.ndarray, target: np.ndarray) -> Output:
    """Return the summary of one output and its targets, both with the batch axis."""
    values = target.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    known = values[np.isfinite(values)] if not finite else values
    one_hot = target.ndim > 1 and target.shape[-1] > 1 and np.isin(values, (0.0, 1.0)).all() and (values.sum(axis=-1) == 1).all()
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
        one_hot=bool(one_hot),
    )
