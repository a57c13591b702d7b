"""Reads the settings of an optimizer beside its rate."""

from __future__ import annotations

from typing import Any

import keras

from unvanish.suite.debugger.modes import weight_norm
from unvanish.suite.diagnosis.mode_facts import OptimizerSettings

NUMBERS = ("epsilon", "momentum", "beta_1", "beta_2", "weight_decay")


def optimizer_settings(model: keras.Model) -> OptimizerSettings | None:
    """The settings of a model's optimizer, of the one inside where losses are scaled, and the norm of the trained weights; None where none is compiled."""
    optimizer: Any = getattr(model, "optimizer", None)
    if optimizer is None:
        return None
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    schedule = getattr(inner, "_learning_rate", None)
    norm, count = weight_norm(model)
    return OptimizerSettings(
        **{name: float(value) for name in NUMBERS if isinstance(value := getattr(inner, name, None), (int, float))},
        schedule=type(schedule).__name__ if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule) else "",
        accumulation=int(inner.gradient_accumulation_steps or 1),
        weight_norm=norm,
        weights=count,
    )
