"""Bits per symbol: how many bits a code made from the probabilities needs for each answer, as compressors of text are compared by."""

import numpy as np

from unvanish.tasks.metrics.metric import Metric


def measure(outputs, targets, task):
    """Return the mean of -log2 of the probability of the right class."""
    from scipy.special import logsumexp

    outputs = np.asarray(outputs, np.float64)
    right = np.take_along_axis(outputs, np.asarray(targets)[..., None], axis=-1)[..., 0]
    return (logsumexp(outputs, axis=-1) - right).mean() / np.log(2)


METRIC = Metric(
    name="bits_per_symbol",
    summary="cross-entropy in bits: of a text by character, bits per character",
    kind="classification",
    measure=measure,
    better="lower",
    position=3,
)
