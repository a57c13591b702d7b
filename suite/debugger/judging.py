"""The errors of predictions in the original unit of the targets, beside those of simple predictors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.evaluation import CROSS_ENTROPIES, average, flat_targets, median, spread_over
from unvanish.suite.debugger.program import Program, Reading
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.tried_fixes import MAX_ERROR
from unvanish.suite.tables.measurements import Array

EPSILON = 1e-7  # the smallest probability, as in Keras
MAX_CLASSES = 100  # distinct whole numbers that may be labels
MEASURES = {"number": "absolute error", "classes": "log loss", "binary": "log loss"}


@dataclass(frozen=True, eq=False)
class Truth:
    """The targets of one output, and how predictions of them are judged.

    kind     number, classes, or binary (several independent answers)
    values   the targets, [row, ...]
    labels   the distinct ones of classes
    simple   the best of the simple predictors on the held-out rows, and its mean error there
    share    of each class among the held-out targets, [class]
    weight   of the samples, or of their steps, with a mean of 1; None where all count alike
    """

    kind: str
    values: np.ndarray
    labels: np.ndarray
    simple: str = ""
    simple_error: float = float("nan")
    share: np.ndarray | None = None
    weight: np.ndarray | None = None

    def weight_of(self, rows: Any) -> np.ndarray | None:
        """The weights of some samples."""
        return None if self.weight is None else self.weight[rows]


def initial_reading(output: Output) -> Reading:
    """The meaning of an output by its loss, and where that is not known by its activation and its targets."""
    zero_or_one = output.target_low >= 0 and output.target_high <= 1
    if output.loss in ("sparse_categorical_crossentropy", "categorical_crossentropy") or (output.activation == "softmax" and output.size > 1):
        return Reading("classes", output.from_logits, np.arange(output.size))
    if output.loss in CROSS_ENTROPIES or "binary" in output.loss or (output.activation in ("sigmoid", "softmax") and zero_or_one and not output.loss):
        return Reading("binary", output.from_logits, np.array([0, 1]))
    return Reading("number")


def truth_of(target: np.ndarray, reading: Reading) -> Truth:
    """The targets as they are judged: classes where they are whole numbers and the loss is one of classes, else numbers."""
    values = target[..., 0] if target.ndim > 1 and target.shape[-1] == 1 else target
    if reading.kind == "number":
        return Truth("number", values.astype(np.float64), np.array([]))
    several = target.ndim > 1 and target.shape[-1] > 1 and np.isin(target, (0, 1)).all()
    if several and reading.kind == "classes" and (target.sum(axis=-1) == 1).all():
        return Truth("classes", target.argmax(axis=-1), np.arange(target.shape[-1]))
    if several:
        return Truth("binary", target.astype(np.float64), np.array([0, 1]))
    labels = np.unique(values)
    if len(labels) > MAX_CLASSES or not np.array_equal(labels, np.round(labels)):
        return Truth("number", values.astype(np.float64), np.array([]))
    return Truth("classes", values, labels)


def errors(truth: Truth, reading: Reading, output: np.ndarray, rows: Any) -> Array:
    """The error of each row, in the original unit or of its log loss: the mean over steps and units, [row]."""
    return over_rows(errors_of(truth, truth.values[rows], reading, output.astype(np.float64)), truth.weight_of(rows))


def errors_of(truth: Truth, values: np.ndarray, reading: Reading, output: np.ndarray) -> Array:
    """The errors of all predictions, [row, ...]."""
    if truth.kind == "number":
        predicted = numbers(reading, output)
        if predicted.size == values.size:
            predicted = predicted.reshape(values.shape)
        elif predicted.ndim > values.ndim:
            values = values.reshape(values.shape + (1,) * (predicted.ndim - values.ndim))
        return np.abs(predicted - values)
    if truth.kind == "binary":
        chance = np.clip(probabilities(reading, output), EPSILON, 1 - EPSILON).reshape(values.shape)
        return -np.where(values > 0.5, np.log(chance), np.log(1 - chance))
    chance, labels = class_probabilities(reading, output)
    chance = fitting(chance, values)
    of_target = np.where(values[..., None] == labels, chance, 0.0).sum(axis=-1)
    return -np.log(np.clip(of_target, EPSILON, 1.0))


def wrong(truth: Truth, reading: Reading, output: np.ndarray, rows: Any) -> Array:
    """The errors of classification of each row, [row], weighted so that every class counts alike; for truths of classes."""
    values = truth.values[rows]
    chance, labels = class_probabilities(reading, output.astype(np.float64))
    predicted = labels[np.nan_to_num(fitting(chance, values)).argmax(axis=-1)]
    assert truth.share is not None
    place = np.searchsorted(truth.labels, values)
    weight = 1 / (np.maximum(truth.share, EPSILON)[place] * (truth.share > 0).sum())
    return over_rows((predicted != values) * weight, None)


def numbers(reading: Reading, output: np.ndarray) -> np.ndarray:
    """Predictions in the unit of the targets; a class by the label of the most probable."""
    if reading.kind == "classes" and reading.labels is not None:
        return np.asarray(reading.labels, np.float64)[np.nan_to_num(output).argmax(axis=-1)]
    return reading.offset + reading.factor * output


def probabilities(reading: Reading, output: np.ndarray) -> np.ndarray:
    """The probability of each unit by itself, or of each class."""
    with np.errstate(over="ignore", invalid="ignore"):
        if not reading.logits:
            return output
        if reading.kind == "binary":
            return 1 / (1 + np.exp(-output))
        exponential = np.exp(output - output.max(axis=-1, keepdims=True))
        return exponential / exponential.sum(axis=-1, keepdims=True)


def class_probabilities(reading: Reading, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each class, [row, ..., class], as the loss reads it, and their labels; a number is that of its nearest whole number."""
    if reading.kind == "number":
        rounded = np.round(numbers(reading, output))
        rounded = rounded[..., 0] if rounded.ndim > 1 and rounded.shape[-1] == 1 else rounded
        labels = np.unique(rounded[np.isfinite(rounded)])
        return (rounded[..., None] == labels).astype(np.float64), labels
    chance = np.clip(probabilities(reading, output), EPSILON, 1.0)
    if reading.kind == "binary":
        chance = chance[..., 0] if chance.shape[-1] == 1 else chance
        return np.stack([1 - chance, chance], axis=-1), np.array([0, 1]) if reading.labels is None else reading.labels
    labels = np.arange(chance.shape[-1]) if reading.labels is None else reading.labels
    return chance / chance.sum(axis=-1, keepdims=True), labels


def fitting(chance: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Probabilities beside targets: of a prediction a step and a target a row those of the last step."""
    if chance.ndim - 1 > values.ndim:
        chance = chance[:, -1]
    return np.broadcast_to(chance, (*values.shape, chance.shape[-1]))


def over_rows(values: np.ndarray, weight: np.ndarray | None) -> Array:
    """The mean of each row, times its weights where there are some."""
    weighted = values if weight is None else spread_over(weight.reshape(weight.shape[: values.ndim]), values) * values
    means: Array = weighted.reshape(len(values), -1).mean(axis=1)
    return means


@dataclass(frozen=True, eq=False)
class Judge:
    """The truths of all outputs, and the errors of a model's outputs relative to those of the best simple predictor."""

    truths: tuple[Truth, ...]

    @property
    def measure(self) -> str:
        """The error that skill is made of."""
        return " and ".join(dict.fromkeys(MEASURES[truth.kind] for truth in self.truths))

    @property
    def simple(self) -> str:
        """The best simple predictor."""
        return " and ".join(dict.fromkeys(truth.simple for truth in self.truths))

    @property
    def simple_error(self) -> float:
        """Its mean error on the held-out rows, over the outputs."""
        return float(np.mean([truth.simple_error for truth in self.truths]))

    def relative_errors(self, program: Program, outputs: Any, rows: Any) -> Array:
        """The error of each row over the mean error of the simple predictor, at most `MAX_ERROR`; the mean over the outputs."""
        triples = zip(self.truths, program.readings, keras.tree.flatten(outputs), strict=True)
        relative = [errors(truth, reading, np.asarray(output), rows) / truth.simple_error for truth, reading, output in triples]
        return np.mean([np.minimum(np.nan_to_num(each, nan=MAX_ERROR, posinf=MAX_ERROR), MAX_ERROR) for each in relative], axis=0)

    def balanced_errors(self, program: Program, outputs: Any, rows: Any) -> Array:
        """The same for errors of classification in which every class counts alike; empty where no output has classes."""
        triples = zip(self.truths, program.readings, keras.tree.flatten(outputs), strict=True)
        known = [
            wrong(truth, reading, np.asarray(output), rows) / (1 - 1 / (truth.share > 0).sum())
            for truth, reading, output in triples
            if truth.kind == "classes" and truth.share is not None and (truth.share > 0).sum() > 1
        ]
        return np.mean(known, axis=0) if known else np.array([])


def judge_of(data: Data, readings: tuple[Reading, ...], training: np.ndarray, held_out: np.ndarray) -> Judge:
    """The judge of a program, by its own targets and weights; every change of it is judged by the same."""
    found = []
    for target, weight, reading in zip(*flat_targets(data), readings, strict=True):
        truth = truth_of(target, reading)
        if weight is not None and weight[held_out].mean() > 0:
            truth = replace(truth, weight=weight / weight[held_out].mean())
        found.append(with_simple(truth, data, training, held_out))
    return Judge(tuple(found))


def with_simple(truth: Truth, data: Data, training: np.ndarray, held_out: np.ndarray) -> Truth:
    """The truth with the best simple predictor on the held-out rows: a constant, and for numbers the last value of the input."""
    known, weight = truth.values[training], truth.weight_of(training)

    def mean_error(each: np.ndarray) -> float:
        return max(float(over_rows(each, truth.weight_of(held_out)).mean()), EPSILON**2)

    values = truth.values[held_out]
    if truth.kind == "number":
        known = np.where(np.isfinite(known), known, np.nan)
        candidates = [("the median of the targets", mean_error(np.abs(values - median(known, weight))))]
        candidates += [("the last value of the input", mean_error(np.abs(values - last[held_out]))) for last in last_values(data.x, truth.values)]
        simple, error = min(candidates, key=lambda each: each[1])
        return replace(truth, simple=simple, simple_error=error)
    if truth.kind == "binary":
        chance = np.clip(average(known, weight), EPSILON, 1 - EPSILON)
        error = mean_error(-np.where(values > 0.5, np.log(chance), np.log(1 - chance)))
        return replace(truth, simple="the frequency of each answer", simple_error=error)
    flat = np.ones(known.shape) if weight is None else spread_over(weight, known)
    frequency = np.array([flat[known == label].sum() for label in truth.labels]) / max(flat.sum(), EPSILON)
    error = mean_error(-np.log(np.clip(frequency, EPSILON, 1.0))[np.searchsorted(truth.labels, values)])
    share = np.array([(values == label).mean() for label in truth.labels])
    return replace(truth, simple="the frequencies of the classes", simple_error=error, share=share)


def last_values(x: Any, values: np.ndarray) -> list[np.ndarray]:
    """Columns of the last time step of an input that could be targets, [row, ...] as the targets."""
    arrays = [array for array in keras.tree.flatten(x) if array.ndim == 3 and np.issubdtype(array.dtype, np.floating)]
    last = [array[:, -1].astype(np.float64) for array in arrays]
    if values.ndim == 1:
        return [each[:, column] for each in last for column in range(each.shape[1])]
    if values.ndim == 2:
        return [each if each.shape == values.shape else np.broadcast_to(each, values.shape) for each in last if each.shape[1] in (1, values.shape[1])]
    return []
