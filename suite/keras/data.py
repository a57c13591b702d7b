"""Inputs, targets, and what the best constant prediction would reach."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from suite.keras import architecture
from suite.keras.record import Evaluation, Input, Output
from suite.keras.watched_calls import Calls
from tasks.errors import UsageError

CHUNKS = 16  # of the evaluated sample, so that a difference of losses has a standard error
MOST_CLASSES = 1000
CROSS_ENTROPIES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy")


def checked(x: Any, y: Any) -> tuple[Any, Any, int]:
    """Arrays in the structures that were given, and the number of samples; raises `UsageError` for anything else."""
    try:
        x, y = (keras.tree.map_structure(np.asarray, part) for part in (x, y))
    except (ValueError, TypeError) as error:
        raise UsageError(f"the data cannot be made into arrays ({error}); give x and y as arrays, or lists or dictionaries of arrays") from None
    arrays = [*keras.tree.flatten(x), *keras.tree.flatten(y)]
    if any(array.dtype == object or array.ndim == 0 for array in arrays):
        raise UsageError("x and y are no arrays of samples; give arrays whose first axis is the samples, the data that fit gets")
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) != 1 or lengths[0] == 0:
        raise UsageError(f"x and y have {' and '.join(map(str, lengths))} samples; give as many of one as of the other, and at least one")
    return x, y, lengths[0]


def take(data: Any, rows: Any) -> Any:
    """Some samples, in the same structure."""
    return keras.tree.map_structure(lambda array: array[rows], data)


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


def constant_prediction(output: Output, target: np.ndarray) -> np.ndarray | None:
    """The best prediction that is the same for every sample, without the batch axis; None where none is known for the loss.

    Frequencies (as logits where the loss takes them) for cross-entropies, the median for the absolute error, else the mean.
    """
    values = target.astype(np.float64)
    if output.loss == "sparse_categorical_crossentropy":
        if values.ndim > 1 and values.shape[-1] == 1 and values.ndim == len(output.shape) + 1:
            values = values[..., 0]
        mean = (values[..., None] == np.arange(output.size)).mean(axis=0)
    elif output.loss == "mean_absolute_error":
        mean = np.median(values, axis=0)
    else:
        mean = values.mean(axis=0)
    if output.loss in CROSS_ENTROPIES:
        mean = np.clip(mean, 1e-7, 1 - 1e-7)
        if output.from_logits:
            mean = np.log(mean / (1 - mean)) if output.loss == "binary_crossentropy" else np.log(mean)
    shape = tuple(length or 1 for length in output.shape)
    try:
        return np.broadcast_to(mean.reshape(shape) if mean.size == np.prod(shape) else mean, shape)
    except ValueError:
        return None


def evaluate(model: keras.Model, x: Any, y: Any, outputs: tuple[Output, ...], step: int) -> Evaluation | None:
    """The losses of the model and of the best constant prediction on a sample; None for a model whose loss is not the compiled one."""
    compiled = getattr(model, "_compile_loss", None)
    targets = keras.tree.flatten(y)
    constants = [constant_prediction(output, target) for output, target in zip(outputs, targets, strict=True)] if len(outputs) == len(targets) else [None]
    known = [constant for constant in constants if constant is not None]
    if compiled is None or len(known) < len(constants):
        return None
    with keras.StatelessScope():
        predictions = keras.tree.map_structure(np.asarray, model(x, training=False))
        flat = keras.tree.flatten(predictions)
        fixed = keras.tree.pack_sequence_as(
            predictions, [np.broadcast_to(constant, array.shape).astype(array.dtype) for constant, array in zip(known, flat, strict=True)]
        )
        chunks = np.array_split(np.arange(len(targets[0])), min(CHUNKS, len(targets[0])))
        losses = np.array([[float(compiled(take(y, rows), take(made, rows))) for rows in chunks] for made in (predictions, fixed)])
    return Evaluation(step, losses[0], losses[1], spread_of(flat, targets))


def spread_of(predictions: list[np.ndarray], targets: list[np.ndarray]) -> float:
    """How much predictions differ between samples, relative to their own size: 0 where the model says the same of every sample."""
    shares = []
    for array in predictions:
        deviation = array.astype(np.float64).std(axis=0).max() if array.size else 0.0
        size = np.abs(array.astype(np.float64)).mean()
        shares.append(float(deviation / size) if size else 0.0)
    return max(shares)
