"""Checks of the samples of a training by themselves: order of rows, equal rows, targets that stand in their own input, and validation data beside them.

They take about a second and see at most `MAX_ROWS` rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from scipy.stats import spearmanr

from unvanish.suite.debugger.data import Data
from unvanish.suite.diagnosis.data_facts import DataFacts, EqualInputs, Split, TargetInInput, TimeInRows
from unvanish.suite.diagnosis.keras_training import Output

MAX_ROWS = 20_000
MIN_ROWS = 30  # below which no check of rows says anything
MANY_VALUES = 20  # distinct targets from which they are quantities
MAX_LINE_ERROR = 1e-6  # of the variance of the targets
SCALED = 1e-3  # within which figures of a column are those that a scaler gives it
MIN_COLUMNS = 3  # of an input without steps, whose single column would be a task of its own
ROWS_BEFORE = 10  # whose inputs are put beside those of a sample


def check(data: Data, outputs: tuple[Output, ...]) -> DataFacts:
    """Facts on the given samples alone."""
    data = data.take(slice(MAX_ROWS))
    targets = [target.astype(np.int64) if target.dtype.kind == "b" else target for target in keras.tree.flatten(data.y)]
    inputs = [array for array in keras.tree.flatten(data.x) if np.issubdtype(array.dtype, np.number) and np.isfinite(array).all()]
    if data.samples < MIN_ROWS or not targets or not all(np.issubdtype(target.dtype, np.number) and np.isfinite(target).all() for target in targets):
        return DataFacts(data.samples)
    names = [output.name for output in outputs] if len(outputs) == len(targets) else [""] * len(targets)
    units = outputs[0].size if outputs else 0
    labels, quantities = labels_of(targets[0], units), numbers_of(targets[0])
    only = data.ordered and labels is not None and units > 1 and len(np.unique(labels)) == 1
    return DataFacts(
        samples=data.samples,
        order=rank_correlation(quantities) if quantities is not None else 0.0,
        sorted_classes=labels is not None and stands_by_class(labels),
        first_class_only=int(labels[0]) if labels is not None and only else None,
        target_in_input=tuple(each for name, target in zip(names, targets, strict=True) for each in targets_in_input(name, target, inputs)),
        equal_inputs=equal_inputs(data, targets[0]),
        time_in_rows=time_in_rows(inputs, targets[0]),
    )


def labels_of(target: np.ndarray, units: int) -> np.ndarray | None:
    """The class of each sample, [sample], of one-hot rows or whole numbers; None for other targets."""
    if target.ndim == 2 and target.shape[1] > 1:
        return target.argmax(axis=1) if np.isin(target, (0, 1)).all() and (target.sum(axis=1) == 1).all() else None
    values = target.reshape(len(target), -1)
    if values.shape[1] != 1:
        return None
    distinct = np.unique(values)
    whole = (distinct == np.round(distinct)).all()
    return values[:, 0].astype(np.int64) if whole and 2 <= max(len(distinct), 2 * (units > 1)) <= max(MANY_VALUES, units) else None


def numbers_of(target: np.ndarray) -> np.ndarray | None:
    """Targets of one number a sample, [sample]; None for others."""
    values = target.reshape(len(target), -1)
    return values[:, 0].astype(np.float64) if values.shape[1] == 1 else None


def rank_correlation(values: np.ndarray) -> float:
    """Spearman's correlation with the number of the row, without sign; 0 where all are equal."""
    return float(abs(spearmanr(values, np.arange(len(values))).statistic)) if np.ptp(values) > 0 else 0.0


def stands_by_class(labels: np.ndarray) -> bool:
    """Return whether each class stands in one block, and there are enough rows that this is no chance."""
    classes = len(np.unique(labels))
    return classes > 1 and int((np.diff(labels) != 0).sum()) == classes - 1 and len(labels) >= 10 * classes


def targets_in_input(name: str, target: np.ndarray, inputs: list[np.ndarray]) -> Iterator[TargetInInput]:
    """Columns that give the target by a straight line: at the last step, or at the same step of a target that has steps; one of several inputs that is it.

    Of an input without steps the line must be equality, or one of both went through a scaler: a line of a column may be the task itself.
    """
    for number, array in enumerate(inputs):
        if len(inputs) > 1 and target.ndim > 1 and target.shape[1] > 1 and array.size == target.size and are_equal(array.ravel(), target.ravel()):
            yield TargetInInput(name, number, 0, 0.0)
            continue
        if array.ndim == 3 and target.ndim >= 2 and target.shape[1] == array.shape[1] > 1 and target.reshape(*target.shape[:2], -1).shape[2] == 1:
            columns, values = array.reshape(-1, array.shape[2]), target.reshape(-1)
            needed = 2  # targets that are all of the input are those of an autoencoder
        elif (flat := numbers_of(target)) is not None and array.ndim in (2, 3) and array.shape[1] > 0:
            columns, values = array[:, -1] if array.ndim == 3 else array, flat
            needed = MIN_COLUMNS if array.ndim == 2 or array.shape[1] == 1 else 1
        else:
            continue
        if columns.shape[1] < needed or len(np.unique(values)) <= MANY_VALUES:
            continue
        columns, values = columns.astype(np.float64), values.astype(np.float64)
        by_any_line = array.ndim == 3 and array.shape[1] > 1
        for column, error in enumerate(line_errors(columns, values)):
            if error < MAX_LINE_ERROR and (by_any_line or is_scaled(values) or is_scaled(columns[:, column]) or are_equal(columns[:, column], values)):
                yield TargetInInput(name, column, columns.shape[1], float(error))


def line_errors(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The variance that a straight line of each column leaves, over that of the values: [column]."""
    centred, target = columns - columns.mean(axis=0), values - values.mean()
    squares = (centred**2).sum(axis=0)
    explained = np.divide((centred * target[:, None]).sum(axis=0) ** 2, squares, out=np.zeros(len(squares)), where=squares > 0)
    return np.maximum(1 - explained / (target**2).sum(), 0.0)


def is_scaled(values: np.ndarray) -> bool:
    """Return whether a column went through a scaler: exactly from 0 to 1, or of mean 0 and deviation 1."""
    figures = (values.min(), values.max() - 1), (values.mean(), values.std() - 1)
    return any(max(abs(a), abs(b)) < SCALED for a, b in figures)


def are_equal(column: np.ndarray, values: np.ndarray) -> bool:
    """Return whether a column is the target itself, up to rounding."""
    return bool(np.abs(column - values).max() <= SCALED * np.abs(values).max())


def row_keys(*structures: Any) -> list[bytes]:
    """The numbers of each sample as bytes, which are equal where all of them are; floats in the precision of training."""
    arrays = [array for each in structures for array in keras.tree.flatten(each)]
    flat = [np.ascontiguousarray(array, np.float32 if array.dtype.kind == "f" else array.dtype).reshape(len(array), -1) for array in arrays]
    return [b"".join(array[row].tobytes() for array in flat) for row in range(len(flat[0]))]


def equal_inputs(data: Data, target: np.ndarray) -> EqualInputs | None:
    """Targets among equal inputs; None where no two inputs are equal."""
    _, groups, counts = np.unique(np.array([hash(key) for key in row_keys(data.x)]), return_inverse=True, return_counts=True)
    shared = counts[groups] > 1
    if not shared.any() or target.reshape(len(target), -1).shape[1] > MANY_VALUES:
        return None
    labels = labels_of(target, 0)
    values = (
        np.eye(int(labels.max()) + 1)[labels] if labels is not None and labels.min() >= 0 and labels.max() <= MANY_VALUES else target.reshape(len(target), -1)
    )
    values = values.astype(np.float64)
    total = ((values - values.mean(axis=0)) ** 2).sum() / (len(values) - 1)
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, groups, values)
    residual = ((values - sums[groups] / counts[groups][:, None]) ** 2)[shared].sum()
    freedom = int(shared.sum()) - int((counts > 1).sum())
    return EqualInputs(float(shared.mean()), float(residual / freedom / total) if total > 0 else 0.0)


def time_in_rows(inputs: list[np.ndarray], target: np.ndarray) -> TimeInRows | None:
    """Whether the rows before a sample of one step say more of its target; None where samples have several steps or several inputs."""
    values = numbers_of(target)
    if len(inputs) != 1 or inputs[0].ndim != 3 or inputs[0].shape[1] != 1 or values is None or len(values) < 2 * MIN_ROWS or np.ptp(values) == 0:
        return None
    rows = inputs[0][:, 0].astype(np.float64)
    if rows.shape[1] * (ROWS_BEFORE + 1) > len(rows) // 2:
        return None
    alone = rows[ROWS_BEFORE:]
    before = np.concatenate([rows[ROWS_BEFORE - lag : len(rows) - lag] for lag in range(ROWS_BEFORE + 1)], axis=1)
    return TimeInRows(*(linear_fit(design, values[ROWS_BEFORE:]) for design in (alone, before)))


def linear_fit(design: np.ndarray, values: np.ndarray) -> float:
    """The squared correlation of a ridge regression's predictions with the last third of the values, after the others were fitted."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cut = 2 * len(values) // 3
    predicted = make_pipeline(StandardScaler(), Ridge(1.0)).fit(design[:cut], values[:cut]).predict(design[cut:])
    if np.ptp(predicted) == 0 or np.ptp(values[cut:]) == 0:
        return 0.0
    return float(max(np.corrcoef(predicted, values[cut:])[0, 1], 0.0) ** 2)


def training_part(data: Data, validation: Data | None) -> Data:
    """The given samples without the validation data, where these are their last rows."""
    return data.take(slice(data.samples - validation.samples)) if validation is not None and is_end(data, validation) else data


def is_end(data: Data, validation: Data) -> bool:
    """Return whether validation data are the last rows of the given ones."""
    if validation.samples >= data.samples:
        return False
    last = data.take(slice(data.samples - validation.samples, None))
    pairs = zip(*(keras.tree.flatten((part.x, part.y)) for part in (last, validation)), strict=False)
    return all(a.size == b.size and np.array_equal(a.astype(b.dtype).ravel(), b.ravel(), equal_nan=b.dtype.kind == "f") for a, b in pairs)


def split(data: Data, validation: Data, outputs: tuple[Output, ...]) -> Split:
    """Validation data beside the training data."""
    training = training_part(data, validation)
    kept, checked = training.take(slice(MAX_ROWS)), validation.take(slice(MAX_ROWS))
    here, there = (keras.tree.flatten(part.y)[0] for part in (kept, checked))
    units = outputs[0].size if outputs else 0
    labels = [labels_of(target, units) for target in (here, there)]
    quantities = [numbers_of(target) for target in (here, there)]
    missing: tuple[int, ...] = ()
    frequent = 0, 0.0, 0.0
    missing_share = outside = unlike = 0.0
    if labels[0] is not None and labels[1] is not None:
        gone = np.setdiff1d(labels[1], labels[0])
        missing, missing_share = tuple(int(each) for each in gone), float(np.isin(labels[1], gone).mean())
        classes = np.union1d(labels[0], labels[1])
        shares = np.array([[float((part == label).mean()) for label in classes] for part in (labels[0], labels[1])])
        unlike, most = float(np.abs(shares[0] - shares[1]).sum() / 2), int(np.argmax(shares[1]))
        frequent = int(classes[most]), float(shares[1, most]), float(shares[0, most])
    elif quantities[0] is not None and quantities[1] is not None:
        outside = float(((quantities[1] < quantities[0].min()) | (quantities[1] > quantities[0].max())).mean())
    duplicated = 0.0
    if all(is_continuous(array) for array in keras.tree.flatten(kept.x)):
        known = set(row_keys(kept.x, kept.y))
        duplicated = float(np.mean([key in known for key in row_keys(checked.x, checked.y)]))
    return Split(training.samples, validation.samples, training.samples < data.samples, missing, missing_share, outside, duplicated, unlike, *frequent)


def is_continuous(array: np.ndarray) -> bool:
    """Return whether an input has so many different numbers that two equal samples are no chance."""
    return array.dtype.kind == "f" and array[0].size > 1 and len(np.unique(array[:1000])) > 100 and bool((array[:100] != np.round(array[:100])).any())
