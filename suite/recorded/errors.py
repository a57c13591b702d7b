"""Errors of predictions in the unit of the target, and the interval of a difference between two predictors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ACCURACY, BALANCED, MAE, RMSE = "accuracy", "balanced accuracy", "mean absolute error", "root mean square error"
NEXT_RIGHT = "most probable one is right"  # a measure of a text, beside its bits per symbol
SHARES = (ACCURACY, BALANCED)  # higher is better, at most 1; of all others lower is better
RESAMPLES = 2000
FEWEST_BLOCKS = 5  # that an interval is drawn from at least


def errors(actual: NDArray[np.float64], predictions: NDArray[np.float64], classes: bool) -> dict[str, float]:
    """Return the errors of predictions [seed, row] of `actual` [row], mean over the seeds.

    Balanced accuracy is the mean over the classes that occur of the share of their rows that is right (Brodersen et al. 2010).
    """
    if not classes:
        deviation = predictions - actual
        return {MAE: float(np.mean(np.abs(deviation))), RMSE: float(np.mean(np.sqrt(np.mean(deviation**2, axis=1))))}
    right = predictions == actual
    recalls = [right[:, actual == label].mean() for label in np.unique(actual)]
    return {ACCURACY: float(right.mean()), BALANCED: float(np.mean(recalls))}


def losses_by_row(actual: NDArray[np.float64], predictions: NDArray[np.float64], classes: bool) -> NDArray[np.float64]:
    """Return the mean loss over the seeds, [row]: the share of wrong answers, or the absolute error."""
    losses: NDArray[np.float64] = np.mean(predictions != actual if classes else np.abs(predictions - actual), axis=0)
    return losses


def bits_of(logits: NDArray[Any], targets: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return how many bits each target needs with the probabilities of these logits: [..., class] and [...] -> [...]."""
    from scipy.special import log_softmax

    bits = -log_softmax(logits.astype(np.float64), axis=-1) / np.log(2)
    found: NDArray[np.float64] = np.take_along_axis(bits, targets[..., None], axis=-1)[..., 0]
    return found


def block_interval(differences: NDArray[np.float64], block: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of differences [row] by a circular bootstrap of blocks of neighbouring rows (Politis & Romano 1992).

    Rows whose sequences overlap are not independent; a block as long as a sequence keeps that. It is shorter where there would be too few.
    """
    count = len(differences)
    block = max(min(block, count // FEWEST_BLOCKS), 1)
    random = np.random.default_rng(0)
    starts = random.integers(count, size=(RESAMPLES, -(-count // block)))
    rows = ((starts[..., None] + np.arange(block)) % count).reshape(RESAMPLES, -1)[:, :count]
    low, high = np.percentile(differences[rows].mean(axis=1), [2.5, 97.5])
    return round(float(low), 12), round(float(high), 12)  # sums of zeros are not always 0
