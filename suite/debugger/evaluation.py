"""The loss of a model on a sample, beside that of the best constant prediction."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger import architecture
from unvanish.suite.debugger.best_constant import Loss, best_constant
from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.training_step import predictor
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.outcomes import Evaluation

CHUNKS = 16  # of the evaluated sample, so that a difference of losses has a standard error
CROSS_ENTROPIES = ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy")
CLOSED_FORM = (*CROSS_ENTROPIES, "mean_squared_error", "mean_absolute_error", "poisson")  # the best constant is known


def constant_prediction(output: Output, target: np.ndarray, weight: np.ndarray | None, loss: Loss | None = None) -> np.ndarray | None:
    """The best prediction that is the same for every sample, without the batch axis; None where none is known for the loss.

    Frequencies (as logits where the loss takes them) for cross-entropies, the median for the absolute error, the mean for the squared one and
    Poisson's; for any other `loss` it is searched for, and without one it is the mean. Weighted, where samples are.
    """
    if loss is not None and output.loss not in CLOSED_FORM:
        return best_constant(loss, target, weight, tuple(length or 1 for length in output.shape))
    values = target.astype(np.float64)
    if output.loss == "sparse_categorical_crossentropy":
        if values.ndim > 1 and values.shape[-1] == 1 and values.ndim == len(output.shape) + 1:
            values = values[..., 0]
        mean = average((values[..., None] == np.arange(output.size)).astype(np.float64), weight)
    elif output.loss == "mean_absolute_error":
        mean = median(values, weight)
    else:
        mean = average(values, weight)
    if output.loss in CROSS_ENTROPIES:
        mean = np.clip(mean, 1e-7, 1 - 1e-7)
        if output.from_logits:
            mean = np.log(mean / (1 - mean)) if output.loss == "binary_crossentropy" else np.log(mean)
    shape = tuple(length or 1 for length in output.shape)
    try:
        return np.broadcast_to(mean.reshape(shape) if mean.size == np.prod(shape) else mean, shape)
    except ValueError:
        return None


def median(values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The median over samples, each counted by its weight."""
    if weight is None:
        return np.asarray(np.nanmedian(values, axis=0))
    return np.asarray(np.quantile(values, 0.5, axis=0, weights=spread_over(weight, values), method="inverted_cdf"))


def average(values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The mean over samples; where all weights are 0, that of all."""
    if weight is None:
        return values.mean(axis=0)
    weights = spread_over(weight, values)
    total = weights.sum(axis=0)
    return np.where(total > 0, (weights * values).sum(axis=0) / np.where(total > 0, total, 1.0), values.mean(axis=0))


def spread_over(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The weight of each value, from one a sample, or one a sample and step."""
    return np.broadcast_to(weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim)).astype(np.float64), values.shape)


def constant_predictions(model: keras.Model, data: Data, outputs: tuple[Output, ...]) -> list[np.ndarray] | None:
    """The best constant prediction of each output; None where one is not known."""
    targets, weights = flat_targets(data)
    if len(outputs) != len(targets):
        return None
    losses = architecture.loss_functions(model, len(targets))
    with keras.StatelessScope():
        known = [constant_prediction(*each) for each in zip(outputs, targets, weights, losses, strict=True)]
    constants = [constant for constant in known if constant is not None]
    return constants if len(constants) == len(known) else None


def flat_targets(data: Data) -> tuple[list[np.ndarray], list[np.ndarray | None]]:
    """The targets of each output and their weights."""
    targets = keras.tree.flatten(data.y)
    weights = [None] * len(targets) if data.weight is None else keras.tree.flatten(data.weight)
    return targets, weights if len(weights) == len(targets) else weights[:1] * len(targets)  # one for all outputs


def stateless(loss: Any, *arguments: Any) -> Any:
    """A compiled loss of several outputs, without the means of each that it keeps: those of a graph cannot be used outside of it."""
    with keras.StatelessScope():
        return loss(*arguments)


def evaluate(model: keras.Model, data: Data, outputs: tuple[Output, ...], step: int, predict: Callable[[Any], Any] | None = None) -> Evaluation | None:
    """The losses of the model and of the best constant prediction on a sample; None for a model whose loss is not the compiled one.

    predict   what computes the model's predictions in evaluation mode, where that is compiled
    """
    compiled = getattr(model, "_compile_loss", None)
    constants = constant_predictions(model, data, outputs) if compiled is not None else None
    if compiled is None or constants is None:
        return None
    with keras.StatelessScope():
        predictions = keras.tree.map_structure(np.asarray, (predict or predictor(model))(data.x))
        flat = keras.tree.flatten(predictions)
        fixed = keras.tree.pack_sequence_as(
            predictions, [np.broadcast_to(constant, array.shape).astype(array.dtype) for constant, array in zip(constants, flat, strict=True)]
        )
        compute = tf.function(partial(stateless, compiled), autograph=False)
        losses = np.array(
            [[float(compute(part.y, part.x, part.weight)) for part in chunks(Data(each, data.y, data.weight, data.samples))] for each in (predictions, fixed)]
        )
    return Evaluation(step, *losses)


def chunks(data: Data) -> list[Data]:
    """A sample in parts whose losses give a standard error."""
    return [data.take(rows) for rows in np.array_split(np.arange(data.samples), min(CHUNKS, data.samples))]
