"""The training regime of a model, before training and after it: masks, both modes, penalties and the optimizer's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras

from unvanish.suite.debugger import masks, modes
from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.optimizer_settings import optimizer_settings
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.mode_facts import Modes, OptimizerSettings, Penalties


class Regime:
    """Measures both ends of a training; `attempt` calls a function and returns None where it raises an error."""

    def __init__(self, attempt: Callable[..., Any]) -> None:
        self.attempt = attempt
        self.sequences: masks.Sequences | None = None
        self.penalties: Penalties | None = None
        self.penalties_after: Penalties | None = None
        self.settings: OptimizerSettings | None = None
        self.modes: Modes | None = None

    def before(self, model: keras.Model, sample: Data, batch: Data, outputs: tuple[Output, ...]) -> None:
        """Measure what is known before the first step."""
        self.sequences = self.attempt("The masks and the padding", masks.measure, model, sample, outputs)
        self.penalties = self.attempt("The penalties", modes.penalties, model, batch)
        self.settings = self.attempt("The optimizer's settings", optimizer_settings, model)

    def after(self, model: keras.Model, sample: Data, batch: Data, outputs: tuple[Output, ...]) -> None:
        """Measure the end."""
        self.modes = self.attempt("The model in training mode beside evaluation mode", modes.measure, model, sample, outputs)
        self.penalties_after = self.attempt("The penalties", modes.penalties, model, batch) if self.penalties else None
        if self.settings is not None:
            norm = self.attempt("The norm of the weights", modes.weight_norm, model)
            self.settings = replace(self.settings, end_weight_norm=norm[0]) if norm else self.settings

    def fields(self) -> dict[str, Any]:
        """What is known of it, as fields of `KerasTraining`."""
        return {
            "masks": self.sequences.masks if self.sequences else (),
            "padding": self.sequences.padding if self.sequences else (),
            "modes": self.modes,
            "penalties": tuple(each for each in (self.penalties, self.penalties_after) if each is not None),
            "settings": self.settings,
        }
