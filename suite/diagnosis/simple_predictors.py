"""A model beside predictors that need no network, on the same samples and by the same loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unvanish.suite.tables.measurements import Array

CONSTANT, LAST, SEASON, LINEAR_LAST, LINEAR = (
    "the best constant",
    "the last value",
    "the value a season ago",
    "a linear model of the last step",
    "a linear model",
)


@dataclass(frozen=True)
class ClassScore:
    """One class among the compared samples: how many there are, the share of them that is found, and the share that a linear classifier finds.

    `linear_recall` is of a logistic regression with balanced class weights; NaN where none was fitted.
    """

    label: int
    count: int
    recall: float
    linear_recall: float = float("nan")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The losses of one output of a model and of simple predictors of it.

    rows         validation or training: the samples that are compared; on training samples the simple predictors are cross-validated, the model is not
    model        its loss, [chunk]; `predictors` by name the same
    accuracy     of the model, where targets are classes; `majority` the share of the most frequent class; else NaN
    classes      by class, where there are few
    predicted_mean, predicted_deviation   of the model's predictions; `target_mean`, `target_deviation` of the targets
    season       the steps of a season, where it is among the predictors
    """

    output: str
    rows: str
    samples: int
    model: Array
    predictors: Mapping[str, Array]
    accuracy: float = float("nan")
    majority: float = float("nan")
    classes: tuple[ClassScore, ...] = ()
    predicted_mean: float = float("nan")
    predicted_deviation: float = float("nan")
    target_mean: float = float("nan")
    target_deviation: float = float("nan")
    season: int = 0

    def score(self, losses: Array) -> float:
        """1 - loss / loss of the best constant; NaN where that is not above 0."""
        constant = self.predictors.get(CONSTANT)
        return float(1 - losses.mean() / constant.mean()) if constant is not None and constant.mean() > 0 else float("nan")

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes; NaN without classes."""
        return float(sum(each.recall for each in self.classes) / len(self.classes)) if self.classes else float("nan")

    @property
    def sentence(self) -> str:
        """The loss of the model and of each simple predictor, and the balanced accuracy of classes."""
        simple = ", ".join(f"{name} {losses.mean():.4g}" for name, losses in sorted(self.predictors.items(), key=lambda item: float(item[1].mean())))
        classes = f"; accuracy {self.accuracy:.2f}, balanced over the classes {self.balanced_accuracy:.2f}" if self.classes else ""
        return f"On {self.samples} {self.rows} samples of {self.output}: loss of the model {self.model.mean():.4g}; {simple}{classes}."

    def as_data(self) -> dict[str, Any]:
        """For JSON, by `plain`."""
        return vars(self) | {
            "predictors": dict(self.predictors),
            "classes": [vars(each) for each in self.classes],
            "balanced_accuracy": self.balanced_accuracy,
            "sentence": self.sentence,
        }
