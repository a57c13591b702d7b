"""Summary statistics of inputs and targets, beside the model that takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger import architecture
from unvanish.suite.debugger.layer_calls import Calls
from unvanish.suite.diagnosis.keras_training import Input, Output

MAX_SAMPLES = 1000  # of which the scale of an input is measured
MAX_VALUES = 50  # distinct whole numbers that are counted
MAX_WHOLE = 10**6


def input_summaries(model: keras.Model, x: Any, calls: Calls) -> tuple[Input, ...]:
    """The scale of each input."""
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    arrays = keras.tree.flatten(x)
    if len(names) != len(arrays):
        names = [f"input {number + 1}" for number in range(len(arrays))]
    weighted = [layer for layer in calls.order if architecture.parameters(layer) or isinstance(layer, architecture.NORMALISING)]
    normalised = bool(weighted) and isinstance(weighted[0], architecture.NORMALISING)
    embedded = bool(weighted) and isinstance(weighted[0], keras.layers.Embedding)
    return tuple(input_summary(name, array[:MAX_SAMPLES], normalised, embedded) for name, array in zip(names, arrays, strict=True))


def input_summary(name: str, array: np.ndarray, normalised: bool, embedded: bool = False) -> Input:
    """Return the summary of one input; text has none."""
    if not np.issubdtype(array.dtype, np.number) or array.size == 0:
        return Input(name, True, 0.0, 0.0, True, array.shape[1:])
    values = array.astype(np.float64)
    known = np.isfinite(values)
    nonfinite = float(1 - known.mean())
    values = np.where(known, values, 0.0)
    columns = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[:, None]
    magnitudes = np.percentile(np.abs(columns), 99, axis=0)
    largest = int(np.argmax(magnitudes))
    looked_up = np.trunc(values) if embedded else values
    return Input(
        name=name,
        finite=nonfinite == 0,
        magnitude=float(np.percentile(np.abs(values), 99)),
        deviation=float(values.std()),
        normalised=normalised or embedded,
        shape=array.shape[1:],
        column=largest if len(magnitudes) > 1 else None,
        column_magnitude=float(magnitudes[largest]),
        column_deviation=float(columns[:, largest].std()),
        median_magnitude=float(np.median(magnitudes)),
        varies=float(looked_up.std(axis=0).max() / max(np.abs(looked_up).max(), 1e-30)) if len(values) > 1 else 1.0,
        embedded=embedded,
        truncated=float((values != looked_up).mean()) if embedded else 0.0,
        nonfinite=nonfinite,
        nonfinite_columns=int((~known.reshape(-1, array.shape[-1])).all(axis=0).sum()) if array.ndim > 1 else 0,
    )


def output_summaries(model: keras.Model, y: Any, predictions: Any, calls: Calls) -> tuple[Output, ...]:
    """Each output beside its targets; outputs without a target of their own are left out."""
    predicted, targets = keras.tree.flatten(predictions), keras.tree.flatten(y)
    if len(predicted) != len(targets):
        return ()
    names = getattr(model, "output_names", None) or [f"output {number + 1}" for number in range(len(predicted))]
    losses, accuracy = architecture.losses(model, len(predicted)), architecture.judges_accuracy(model)
    return tuple(
        output_summary(name, *loss, architecture.output_activation(calls, prediction), np.asarray(prediction), target, accuracy)
        for name, loss, prediction, target in zip(names, losses, predicted, targets, strict=True)
    )


def output_summary(name: str, loss: str, from_logits: bool, activation: str, prediction: np.ndarray, target: np.ndarray, accuracy: bool = False) -> Output:
    """Return the summary of one output and its targets, both with the batch axis."""
    values = target.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    known = values[np.isfinite(values)] if not finite else values
    columns_of_labels = target.ndim > 1 and target.shape[-1] > 1 and known.size and np.isin(values, (0.0, 1.0)).all()
    ones = values.sum(axis=-1) if columns_of_labels else np.zeros(1)
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
        one_hot=bool((ones == 1).all()),
        target_mean=float(known.mean()) if known.size else np.nan,
        labels=(int(ones.min()), int(ones.max())) if columns_of_labels else None,
        values=whole_values(known),
        zero_share=float((known == 0).mean()) if known.size else 0.0,
        accuracy=accuracy,
    )


def whole_values(values: np.ndarray) -> tuple[tuple[int, int], ...]:
    """The distinct values with the number of each; empty where they are not whole numbers, or many."""
    distinct, counts = np.unique(values, return_counts=True)
    if not 0 < len(distinct) <= MAX_VALUES or (distinct != np.round(distinct)).any() or np.abs(distinct).max() > MAX_WHOLE:
        return ()
    return tuple(zip(distinct.astype(int).tolist(), counts.tolist(), strict=True))
