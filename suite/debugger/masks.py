"""Measures the masks of a model on a sample of the data, where they get lost, and padding that no mask hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.input_calls import Call, layers_of, recorded_inputs
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.sequence_facts import LOSS, Mask, Padding

MIN_BETWEEN = 0.05  # of the samples, below which the places of hidden steps are not asked what they say of the target
MIN_SAMPLES = 40
FOLDS = 4


@dataclass(frozen=True)
class Sequences:
    """The masks and the padding of a sample."""

    masks: tuple[Mask, ...]
    padding: tuple[Padding, ...]


def measure(model: keras.Model, data: Data, outputs: tuple[Output, ...]) -> Sequences:
    """The masks of a sample in evaluation mode, and the padding of its inputs."""
    layers = layers_of(model)
    calls: list[Call] = []
    if any(makes_mask(layer) for layer in layers):
        with keras.StatelessScope(), recorded_inputs(model) as calls:
            predictions = keras.tree.flatten(model(data.x, training=False))
    makers = [call for call in calls if makes_mask(call.layer) and len(call.outputs[0].shape) == 3]
    masks = tuple(mask_of(call, calls, predictions, data, outputs) for call in makers)
    masked = any(mask.hidden for mask in masks)
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    arrays = keras.tree.flatten(data.x)
    if len(names) != len(arrays):
        names = [f"input {number + 1}" for number in range(len(arrays))]
    lookups = any(isinstance(layer, keras.layers.Embedding) for layer in layers)
    padding = [padding_of(name, rows, masked, data) for name, array in zip(names, arrays, strict=True) if (rows := steps_of(array, lookups)) is not None]
    return Sequences(masks, tuple(each for each in padding if each.leading or each.trailing))


def makes_mask(layer: keras.layers.Layer) -> bool:
    """Return whether a layer makes a mask of its inputs."""
    return isinstance(layer, keras.layers.Masking) or (isinstance(layer, keras.layers.Embedding) and layer.mask_zero)


def keras_mask(tensor: Any) -> Any:
    """The mask that Keras keeps with a tensor; None for none."""
    return getattr(tensor, "_keras_mask", None)


def mask_of(call: Call, calls: list[Call], predictions: list[Any], data: Data, outputs: tuple[Output, ...]) -> Mask:
    """The mask that one call of a layer made."""
    layer = call.layer
    shown = np.asarray(next(keras_mask(tensor) for tensor in call.outputs)).astype(bool)  # [sample, step]
    before, after = np.maximum.accumulate(shown, axis=1), np.maximum.accumulate(shown[:, ::-1], axis=1)[:, ::-1]
    inside = ~shown & before & after
    between = float(inside.any(axis=1).mean())
    missed_by, lost_in = where_lost(calls, predictions, outputs, shown.shape[1]) if not shown.all() else ("", "")
    return Mask(
        layer=layer.name,
        kind=type(layer).__name__,
        value=float(np.asarray(layer.mask_value)) if isinstance(layer, keras.layers.Masking) else 0.0,
        hidden=float((~shown).mean()),
        trailing=float((~after).mean()),
        between=between,
        interior=float(inside.sum() / max((~shown).sum(), 1)),
        empty=float((~shown).all(axis=1).mean()),
        score=score_of_places(shown, data, outputs) if between >= MIN_BETWEEN else np.nan,
        missed_by=missed_by,
        lost_in=lost_in,
    )


def where_lost(calls: list[Call], predictions: list[Any], outputs: tuple[Output, ...], steps: int) -> tuple[str, str]:
    """Return what reads the time steps without a mask, a recurrent layer or the loss, and the layer that lost the mask on the way there."""
    makers: dict[int, Call] = {}
    for call in calls:
        for tensor in call.outputs:
            if not (isinstance(call.layer, keras.Model) and id(tensor) in makers):  # of a container the layer inside is meant
                makers[id(tensor)] = call
    for call in calls:
        if isinstance(call.layer, keras.layers.RNN) and call.arguments.get("mask") is None and (lost := loser(call.inputs[0], makers)):
            return call.layer.name, lost
    for prediction, output in zip(predictions, outputs, strict=False):
        timed = output.target_shape[:1] == (steps,) and output.loss
        if timed and keras_mask(prediction) is None and (lost := loser(prediction, makers)):
            return LOSS, lost
    return "", ""


def loser(tensor: Any, makers: dict[int, Call]) -> str:
    """The layer that took a masked input and put out none, on the way to a tensor that still has a time axis; empty where there is none."""
    seen, open_tensors = set(), [tensor]
    while open_tensors:
        each = open_tensors.pop()
        call = makers.get(id(each))
        if call is None or id(call) in seen or len(each.shape) < 3:
            continue
        seen.add(id(call))
        if keras_mask(each) is None and any(keras_mask(given) is not None for given in call.inputs):
            return call.layer.name
        open_tensors += call.inputs
    return ""


def score_of_places(shown: np.ndarray, data: Data, outputs: tuple[Output, ...]) -> float:
    """The score of a linear model of which steps are hidden, how many, and how long before the end the last shown one is; NaN for other targets."""
    targets = keras.tree.flatten(data.y)
    if len(outputs) != 1 or len(targets) != 1 or len(shown) != len(targets[0]) or len(shown) < MIN_SAMPLES:
        return float("nan")
    target = targets[0].reshape(len(shown), -1)
    classes = "crossentropy" in outputs[0].loss
    if outputs[0].one_hot and target.shape[1] > 1:
        target = target.argmax(axis=1)[:, None]
    if target.shape[1] != 1 or not np.isfinite(target).all():
        return float("nan")
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.metrics import log_loss
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    y = target[:, 0]
    since = shown[:, ::-1].argmax(axis=1)  # the steps after the last one that is shown
    places = np.column_stack([shown, shown.sum(axis=1), since]).astype(float)
    if not classes:
        predicted = cross_val_predict(make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 6))), places, y, cv=FOLDS)
        return float(1 - np.mean((y - predicted) ** 2) / y.var()) if y.var() > 0 else float("nan")
    labels, counts = np.unique(y, return_counts=True)
    if len(labels) < 2 or counts.min() < FOLDS:
        return float("nan")
    shares = counts / counts.sum()
    chances = cross_val_predict(make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)), places, y, cv=FOLDS, method="predict_proba")
    return float(1 - log_loss(y, chances, labels=labels) / -np.sum(shares * np.log(shares)))


def steps_of(array: np.ndarray, lookups: bool) -> np.ndarray | None:
    """An input as [sample, step, feature]; None where it has no time axis. Whole numbers of two axes are tokens where the model looks them up."""
    if not np.issubdtype(array.dtype, np.number):
        return None
    if array.ndim == 2 and lookups and (array == np.round(array)).all():
        return array[..., None]
    return array if array.ndim == 3 else None


def padding_of(name: str, rows: np.ndarray, masked: bool, data: Data) -> Padding:
    """The padding of an input, [sample, step, feature]; steps count from where all further ones are equal, at least two."""
    leading, trailing = (run_lengths(part) for part in (rows, rows[:, ::-1]))
    length = rows.shape[1]
    chosen, pad = (trailing, rows[:, -1]) if trailing.sum() >= leading.sum() else (leading, rows[:, 0])
    values = np.unique(pad[chosen > 0])
    return Padding(
        input=name,
        value=float(values[0]) if len(values) == 1 else float("nan"),
        leading=float(leading.mean() / length),
        trailing=float(trailing.mean() / length),
        lengths=len(np.unique(length - chosen)),
        steps=length,
        masked=masked,
        counted=counted(trailing, length, data),
    )


def counted(trailing: np.ndarray, length: int, data: Data) -> bool:
    """Return whether some targets of every step are one value at the steps of trailing padding, [sample], and no weights a step say what counts."""
    weights = [] if data.weight is None else keras.tree.flatten(data.weight)
    if not trailing.any() or any(weight.ndim > 1 for weight in weights):
        return False
    padded = np.arange(length) >= length - trailing[:, None]  # [sample, step]
    timed = [target for target in keras.tree.flatten(data.y) if target.shape[:2] == padded.shape]
    return any((target[padded] == target[padded][0]).all() for target in timed)


def run_lengths(rows: np.ndarray) -> np.ndarray:
    """The number of equal steps from the first on, [sample]; 0 for a single one, and where it is not the step that most samples with such a run have."""
    equal = np.logical_and.accumulate((rows == rows[:, :1]).all(axis=2), axis=1).sum(axis=1)
    runs = np.where(equal > 1, equal, 0)
    if not runs.any():
        return runs
    firsts, numbers = np.unique(rows[runs > 0, 0], axis=0, return_inverse=True)
    same = np.zeros(len(rows), bool)
    same[runs > 0] = numbers.ravel() == np.bincount(numbers.ravel(), minlength=len(firsts)).argmax()
    return np.where(same, runs, 0)
