"""A training from a model that is not compiled yet."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.programs.data import Parts
from tests.diagnosis.programs.program import Training


def training(model: Any, parts: Parts, loss: Any, optimizer: Any = "adam", metrics: Any = None, **fit: Any) -> Training:
    """Compile the model; `parts` are training data and fresh data, as `data.split` returns them."""
    x, y, new_x, new_y = parts
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    return Training(model, x, y, fit, (new_x, new_y))
