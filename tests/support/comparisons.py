"""Comparisons with simple predictors made by hand."""

import numpy as np

from unvanish.suite.diagnosis.simple_predictors import CONSTANT, Comparison

NOISE = np.linspace(-0.01, 0.01, 16)  # [chunk]


def comparison(model=0.3, constant=1.0, rows="validation", noise=NOISE, **predictors):
    """Losses with the same small differences between chunks; `predictors` by name, and other fields of a `Comparison`."""
    fields = {name: predictors.pop(name) for name in list(predictors) if name in Comparison.__dataclass_fields__}
    losses = {name: loss * (1 + NOISE[::-1]) for name, loss in ({CONSTANT: constant} | predictors).items()}
    return Comparison("answer", rows, 500, model * (1 + noise), losses, **fields)
