"""The best constant prediction of a loss for which no closed form is known, found with SciPy.

Percentage errors, Huber's loss, quantile losses and losses of a user's own have their smallest value neither at the mean nor at the median.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unvanish.suite.tables.measurements import Array

QUANTILES = np.linspace(0, 1, 21)  # of the targets, at which a search begins
MAX_UNITS = 6  # that are searched together; of more units the best of the starting points is taken
MAX_CALLS = 150  # of the loss in one search

Loss = Callable[[Any, Any, Any], Any]  # of targets, predictions and weights


def best_constant(loss: Loss, target: np.ndarray, weight: np.ndarray | None, shape: tuple[int, ...], dtype: Any = np.float32) -> Array | None:
    """The constant of the smallest loss, of the shape of a prediction without the batch axis; None where no constant has a finite loss.

    All positions before the last axis have the same constant.
    """
    from scipy.optimize import minimize, minimize_scalar

    units = shape[-1] if shape else 1

    def at(constant: Any) -> float:
        predicted = np.broadcast_to(np.asarray(constant, np.float64).reshape((1,) * max(len(shape) - 1, 0) + ((units,) if shape else ())), shape)
        value = float(loss(target, np.broadcast_to(predicted, (len(target), *shape)).astype(dtype), weight))
        return value if np.isfinite(value) else np.inf

    starts = starting_points(target, units)
    losses = np.array([at(start) for start in starts])
    best = int(np.argmin(losses))
    if not np.isfinite(losses[best]):
        return None
    constant, reached = starts[best], losses[best]
    if units == 1:
        ordered = np.unique(starts[:, 0])
        place = int(np.searchsorted(ordered, constant[0]))
        low, high = ordered[max(place - 1, 0)], ordered[min(place + 1, len(ordered) - 1)]
        found = minimize_scalar(at, bounds=(low, high), method="bounded", options={"xatol": 1e-6 * max(high - low, 1e-12)}) if high > low else None
        points = [] if found is None else [np.array([found.x])]
    elif units <= MAX_UNITS:
        spread = np.maximum(np.ptp(starts, axis=0), 1e-6)
        search = minimize(lambda free: at(constant + free * spread), np.zeros(units), method="Nelder-Mead", options={"maxfev": MAX_CALLS, "xatol": 1e-5})
        points = [constant + search.x * spread]
    else:
        points = []
    for point in points:
        if at(point) < reached:
            constant, reached = point, at(point)
    return np.broadcast_to(constant.reshape((1,) * max(len(shape) - 1, 0) + ((units,) if shape else ())), shape).copy()


def starting_points(target: np.ndarray, units: int) -> Array:
    """Zero, mean and quantiles of the targets; of numbered classes their frequencies and the logarithms of these: [point, unit]."""
    values = np.asarray(target, np.float64)
    if values.shape[-1:] == (units,) and (values.ndim > 1 or units == 1):
        rows = values.reshape(-1, units)
    elif units == 1:
        rows = values.reshape(-1, 1)
    else:
        frequencies = np.array([(values == number).mean() for number in range(units)])
        known = np.clip(frequencies, 1e-7, 1.0)
        return np.array([known / known.sum(), np.log(known), np.full(units, 1 / units), np.zeros(units)])
    mean = rows.mean(axis=0)
    points = [np.zeros(units), mean, *np.quantile(rows, QUANTILES, axis=0)]
    if ((rows >= 0) & (rows <= 1)).all():
        inside = np.clip(mean, 1e-7, 1 - 1e-7)
        points += [np.full(units, 0.5), np.log(inside / (1 - inside)), np.log(inside)]
        if units == 1:
            points += [np.array([value]) for value in (1e-7, 1 - 1e-7)]
    return np.array(points)
