"""Simple predictors of each output on the samples that a model is compared on: the last value, a season ago, linear models, the most frequent class.

Where there are validation data the constant and the linear models are fitted on the training data and all are compared on the validation data. Without them
the linear models predict samples of the training data that they were not fitted on, in three folds; the model has seen all of these.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unvanish.suite.debugger import architecture
from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.data_checks import labels_of, training_part
from unvanish.suite.debugger.evaluation import CHUNKS, CROSS_ENTROPIES, constant_prediction, flat_targets
from unvanish.suite.debugger.output_masks import weighted_by_masks
from unvanish.suite.debugger.training_step import predictor
from unvanish.suite.diagnosis.keras_training import Input, Output
from unvanish.suite.diagnosis.simple_predictors import CONSTANT, LAST, LINEAR, LINEAR_LAST, SEASON, ClassScore, Comparison

COMPARED = 512  # samples
FITTED = 1000  # samples
MIN_COMPARED = 30
MAX_FEATURES = 400  # of a linear model
MAX_TARGETS = 40  # numbers of a sample
MAX_SEASON = 400
MAX_CLASSES = 20  # whose recall is measured
CLASS_SAMPLES = 60  # of each
MIN_LAGS = 3  # columns that may be the steps of a series
MIN_FORECAST_SCORE = 0.3  # of repeating a value, from which it is a predictor at all
MIN_SEASON_GAIN = 0.9  # of the error of the last value: what a season ago must be below
POSITIVE = ("poisson", "mean_squared_logarithmic_error")  # losses of predictions above 0
MIN_POSITIVE = 0.05  # of the mean, of a linear model for these
SHORTEST_SEASON = 1.1  # of the smallest error: of a season and its multiples the shortest is taken
EXACT = 1e-8  # of the variance: a repeated value that is the target itself
FOLDS = 3


def compare(
    model: keras.Model,
    data: Data,
    validation: Data | None,
    inputs: tuple[Input, ...],
    outputs: tuple[Output, ...],
    batch: int | None = None,
    predict: Callable[[Any], Any] | None = None,
) -> tuple[Comparison, ...]:
    """The comparison of each output; `batch` is the batch size that a stateful model demands, `predict` what computes predictions."""
    random = np.random.default_rng(1)
    training = training_part(data, validation)
    held_out = validation is not None and validation.samples >= MIN_COMPARED
    fitted = some(random, training, FITTED)
    compared = some(random, validation, COMPARED) if held_out and validation is not None else fitted.take(slice(COMPARED))
    compared = compared.take(slice(compared.samples - compared.samples % (batch or 1)))
    compared, fitted = (weighted_by_masks(model, part) for part in (compared, fitted))
    targets, weights = flat_targets(compared)
    if compared.samples < MIN_COMPARED or len(outputs) != len(targets) or fitted.samples < MIN_COMPARED:
        return ()
    predict = predict or predictor(model)
    predictions = predictions_of(predict, compared.x, batch)
    designs = {name: matrix(fitted, compared if held_out else None, inputs, last) for name, last in ((LINEAR_LAST, True), (LINEAR, False))}
    found = []
    losses = architecture.loss_functions(model, len(targets))
    fitted_targets, fitted_weights = flat_targets(fitted)
    for number, (output, loss, target, weight, predicted) in enumerate(zip(outputs, losses, targets, weights, predictions, strict=True)):
        if loss is None or not output.target_finite or not np.isfinite(target).all():
            continue
        simple: dict[str, np.ndarray | None] = {CONSTANT: constant_prediction(output, fitted_targets[number], fitted_weights[number], loss)}
        forecasts, season = repeated(fitted, compared, fitted_targets[number], target)
        simple |= forecasts
        for name, design in designs.items():
            if design is not None:
                simple[name] = linear(output, *design, fitted_targets[number], fitted_weights[number], len(target))
        rows = np.array_split(np.arange(len(target)), min(CHUNKS, len(target)))

        def by_chunk(values: np.ndarray, loss: Any = loss, rows: Any = rows, target: Any = target, weight: Any = weight) -> np.ndarray:
            return np.array([float(loss(target[part], values[part], None if weight is None else weight[part])) for part in rows])

        shaped = {name: in_shape(values, predicted) for name, values in simple.items() if values is not None}
        with keras.StatelessScope():
            by_name = {name: by_chunk(values) for name, values in shaped.items() if values is not None}
            own = by_chunk(predicted)
        labels, accuracy, majority = labels_of(target, output.size), float("nan"), float("nan")
        classes: tuple[ClassScore, ...] = ()
        if labels is not None and (decided := decisions(output, predicted)) is not None:
            accuracy, majority = float((decided == labels).mean()), float(np.unique(labels, return_counts=True)[1].max() / len(labels))
            classes = class_scores(predict, data, number, output, inputs, batch)
        found.append(
            Comparison(
                output=output.name,
                rows="validation" if held_out else "training",
                samples=len(target),
                model=own,
                predictors=by_name,
                accuracy=accuracy,
                majority=majority,
                classes=classes,
                predicted_mean=float(predicted.mean(dtype=np.float64)),
                predicted_deviation=float(predicted.std(dtype=np.float64)),
                target_mean=float(target.mean(dtype=np.float64)),
                target_deviation=float(target.std(dtype=np.float64)),
                season=season,
            )
        )
    return tuple(found)


def some(random: np.random.Generator, data: Data, count: int) -> Data:
    """A sample in random order."""
    return data.take(random.permutation(data.samples)[:count])


def predictions_of(predict: Callable[[Any], Any], x: Any, batch: int | None) -> list[np.ndarray]:
    """Predictions of each output in evaluation mode, in batches where a stateful model demands them."""
    count = len(keras.tree.flatten(x)[0])
    parts = [
        [np.asarray(each) for each in keras.tree.flatten(predict(keras.tree.map_structure(lambda array, at=at: array[at : at + (batch or count)], x)))]
        for at in range(0, count, batch or count)
    ]
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


def in_shape(values: np.ndarray, predicted: np.ndarray) -> np.ndarray | None:
    """Return predictions in the shape of the model's; a constant is repeated for every sample, and what does not fit is None."""
    if values.size == predicted.size:
        return values.reshape(predicted.shape).astype(predicted.dtype)
    try:
        return np.broadcast_to(values, predicted.shape).astype(predicted.dtype)
    except ValueError:
        return None


def repeated(fitted: Data, compared: Data, fitted_target: np.ndarray, target: np.ndarray) -> tuple[dict[str, np.ndarray | None], int]:
    """Forecasts that repeat the last value of a column of the input, or that of a season ago, and the length of the season in steps."""
    x, new_x = (with_steps(keras.tree.flatten(data.x)[0]) for data in (fitted, compared))
    if x.ndim != 3 or x.shape[1] < 2 or x.dtype.kind != "f" or not np.isfinite(x).all() or not np.isfinite(new_x).all():
        return {}, 0
    y, new_y = (each.reshape(len(each), -1).astype(np.float64) for each in (fitted_target, target))
    variance = float(((y - y.mean(axis=0)) ** 2).mean())
    if variance == 0 or y.shape[1] > max(MAX_TARGETS, x.shape[1] * x.shape[2]):
        return {}, 0
    candidates = last_values(x, y)
    errors = [float(((values - y) ** 2).mean()) for values in candidates]
    best = int(np.argmin(errors))
    found: dict[str, np.ndarray | None] = {}
    if EXACT * variance < errors[best] < (1 - MIN_FORECAST_SCORE) * variance:
        found[LAST] = last_values(new_x, new_y)[best]
    season = 0
    given = keras.tree.flatten(fitted.x)[0]
    if y.shape[1] == 1 and errors[best] > EXACT * variance and given.ndim == 3 and given.shape[1] > 1:  # columns of a table have no season
        column = best % x.shape[2]
        lags = range(2, min(x.shape[1], MAX_SEASON) + 1)
        by_lag = [float(((x[:, -lag, column : column + 1] - y) ** 2).mean()) for lag in lags]
        if by_lag and EXACT * variance < min(by_lag) < min(MIN_SEASON_GAIN * errors[best], (1 - MIN_FORECAST_SCORE) * variance):
            season = next(lag for lag, error in zip(lags, by_lag, strict=True) if error <= SHORTEST_SEASON * min(by_lag))
            found[SEASON] = new_x[:, -season, column]
    return found, season


def with_steps(x: np.ndarray) -> np.ndarray:
    """Inputs of [sample, step, column]; the columns of inputs without steps, or of one step, may be the steps of a series."""
    if x.ndim == 3 and x.shape[1] == 1:
        x = x[:, 0]
    return x[..., None] if x.ndim == 2 and x.shape[1] >= MIN_LAGS else x


def last_values(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """What repeating values may mean, for targets [sample, number]: one column for all numbers, all columns, or a column at each step."""
    ways = [np.repeat(x[:, -1, column : column + 1], y.shape[1], axis=1) for column in range(x.shape[2])]
    if y.shape[1] == x.shape[2] > 1:
        ways.append(x[:, -1])
    if y.shape[1] == x.shape[1] and y.shape[1] > 1:
        ways += [x[:, :, column] for column in range(x.shape[2])]
    if y.shape[1] == x.shape[1] * x.shape[2] > x.shape[1]:
        ways.append(x.reshape(len(x), -1))
    return ways


def matrix(fitted: Data, compared: Data | None, inputs: tuple[Input, ...], last: bool) -> tuple[np.ndarray, np.ndarray | None] | None:
    """The inputs of a linear model as matrices of [sample, feature], of the last step alone or of all; None where a linear model has no sense."""
    arrays = keras.tree.flatten(fitted.x)
    if any(given.embedded or array.dtype.kind not in "fiub" for given, array in zip(inputs, arrays, strict=False)) or len(inputs) != len(arrays):
        return None
    if last and not any(array.ndim == 3 and array.shape[1] > 1 for array in arrays):
        return None

    def flat(data: Data) -> np.ndarray:
        parts = [array[:, -1] if last and array.ndim == 3 else array for array in keras.tree.flatten(data.x)]
        return np.concatenate([part.reshape(len(part), -1).astype(np.float64) for part in parts], axis=1)

    features = sum(int(np.prod(array.shape[2:] if last and array.ndim == 3 else array.shape[1:])) for array in arrays)
    if not 0 < features <= MAX_FEATURES:
        return None
    here, there = flat(fitted), flat(compared) if compared is not None else None
    return (here, there) if np.isfinite(here).all() and (there is None or np.isfinite(there).all()) else None


def linear(output: Output, design: np.ndarray, new: np.ndarray | None, target: np.ndarray, weight: np.ndarray | None, count: int) -> np.ndarray | None:
    """Predictions of a linear model for the compared samples: a ridge regression, or a logistic one for a cross-entropy; None where none can be fitted."""
    given = {} if weight is None or weight.ndim != 1 or not (weight > 0).all() else {"sample_weight": weight}
    if output.loss in CROSS_ENTROPIES:
        labels = labels_of(target, output.size)
        if labels is None or len(np.unique(labels)) < 2 or np.unique(labels, return_counts=True)[1].min() < FOLDS:
            return None
        found = predicted_by(LogisticRegression(max_iter=300), "logisticregression", design, labels, new, given, count, "predict_proba")
        if found is None:
            return None
        probabilities = np.zeros((len(found), max(output.size, int(labels.max()) + 1)))
        probabilities[:, np.unique(labels)] = found
        if output.size == 1:
            chance = np.clip(probabilities[:, -1], 1e-7, 1 - 1e-7)
            return np.log(chance / (1 - chance)) if output.from_logits else chance
        probabilities = np.clip(probabilities, 1e-7, 1.0)
        return np.log(probabilities) if output.from_logits else probabilities
    values = target.reshape(len(target), -1).astype(np.float64)
    if values.shape[1] > MAX_TARGETS:
        return None
    scale = np.where(values.std(axis=0) > 0, values.std(axis=0), 1.0)
    model = RidgeCV(np.logspace(-3, 3, 7))
    found = predicted_by(model, "ridgecv", design, (values - values.mean(axis=0)) / scale, new, given, count, "predict")
    if found is None:
        return None
    quantities = found.reshape(count, -1) * scale + values.mean(axis=0)
    return np.maximum(quantities, MIN_POSITIVE * values.mean(axis=0)) if output.loss in POSITIVE else quantities


def predicted_by(model: Any, step: str, design: np.ndarray, target: np.ndarray, new: np.ndarray | None, given: dict[str, Any], count: int, method: str) -> Any:
    """Predict new samples after fitting, or the first `count` of the given ones in folds."""
    pipeline = make_pipeline(StandardScaler(), model)
    weights = {f"{step}__{name}": value for name, value in given.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that stops early is a simple predictor all the same
        if new is not None:
            return getattr(pipeline.fit(design, target, **weights), method)(new)
        folds = KFold(FOLDS, shuffle=True, random_state=0)
        if method == "predict_proba" and any(len(np.unique(target[rows])) < len(np.unique(target)) for rows, _ in folds.split(design)):
            return None
        return cross_val_predict(pipeline, design, target, cv=folds, method=method, params=weights)[:count]


def decisions(output: Output, predicted: np.ndarray) -> np.ndarray | None:
    """The class that is decided for each sample, [sample]; None where the output decides for none."""
    if output.loss not in CROSS_ENTROPIES or predicted.ndim != 2:
        return None
    if predicted.shape[1] > 1:
        return predicted.argmax(axis=1)
    return (predicted[:, 0] > (0.0 if output.from_logits else 0.5)).astype(np.int64)


def class_scores(
    predict: Callable[[Any], Any], data: Data, number: int, output: Output, inputs: tuple[Input, ...], batch: int | None
) -> tuple[ClassScore, ...]:
    """The recall of each class among at most so many of its samples, and that of a linear classifier whose classes weigh alike."""
    random = np.random.default_rng(2)
    labels = labels_of(keras.tree.flatten(data.y)[number], output.size)
    if labels is None or not 2 <= len(np.unique(labels)) <= MAX_CLASSES:
        return ()
    rows = np.concatenate([random.permutation(np.flatnonzero(labels == label))[:CLASS_SAMPLES] for label in np.unique(labels)])
    rows = random.permutation(rows)
    rows = rows[: len(rows) - len(rows) % (batch or 1)]
    part = data.take(rows)
    decided = decisions(output, predictions_of(predict, part.x, batch)[number]) if len(rows) else None
    if decided is None:
        return ()
    design = matrix(part, None, inputs, last=False)
    classifier = LogisticRegression(class_weight="balanced", max_iter=300)
    chosen = labels[rows]
    simple = predicted_by(classifier, "", design[0], chosen, None, {}, len(rows), "predict") if design is not None and len(np.unique(chosen)) > 1 else None
    return tuple(
        ClassScore(
            int(label),
            int((labels == label).sum()),
            float((decided[chosen == label] == label).mean()),
            float((simple[chosen == label] == label).mean()) if simple is not None else float("nan"),
        )
        for label in np.unique(chosen)
    )
