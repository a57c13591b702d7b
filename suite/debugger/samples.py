"""What a training's samples show: checks before the first step, validation data as soon as there are some, and simple predictors at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras

from unvanish.suite.debugger import data_checks, simple_predictors
from unvanish.suite.debugger.data import Data, validation_data
from unvanish.suite.diagnosis.data_facts import DataFacts
from unvanish.suite.diagnosis.keras_training import Setup
from unvanish.suite.diagnosis.simple_predictors import Comparison


class Samples:
    """The samples of one training; `attempt` guards each measurement."""

    def __init__(self, attempt: Callable[..., Any], data: Data, setup: Setup) -> None:
        self.attempt, self.data, self.setup = attempt, data, setup
        self.facts: DataFacts | None = attempt("The samples by themselves", data_checks.check, data, setup.outputs)
        self.validation: Data | None = None
        self.comparisons: tuple[Comparison, ...] = ()

    def validate(self, model: keras.Model) -> None:
        """Keep the validation data, which Keras holds while it trains."""
        if self.validation is None:
            self.validation = self.attempt("The validation data", validation_data, model)

    def compare(self, model: keras.Model, batch: int | None, predict: Callable[[Any], Any]) -> None:
        """Compare the model with simple predictors; `batch` is the batch size that a stateful model demands, `predict` what computes predictions."""
        if self.facts is not None and self.validation is not None:
            self.facts = replace(self.facts, split=self.attempt("The split", data_checks.split, self.data, self.validation, self.setup.outputs))
        given = self.data, self.validation, self.setup.inputs, self.setup.outputs, batch, predict
        self.comparisons = self.attempt("The loss of simple predictors", simple_predictors.compare, model, *given) or ()

    def fields(self) -> dict[str, Any]:
        """Those of a `KerasTraining` that are known by now."""
        return {"data": self.facts, "comparisons": self.comparisons}
