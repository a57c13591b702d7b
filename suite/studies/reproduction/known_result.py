"""The base of a known result, and what the studies that measure one have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from unvanish.suite.experiment.profile import Profile


@dataclass(frozen=True)
class Tables:
    """The tables of a study, with the columns of the public contract."""

    trials: pd.DataFrame
    curves: pd.DataFrame
    gradients: pd.DataFrame

    @classmethod
    def empty(cls) -> Tables:
        """Return the tables of a result that needs no study."""
        return cls(pd.DataFrame(), pd.DataFrame(), pd.DataFrame())

    @property
    def n_failed(self) -> int:
        """Trials that could not be run to their end."""
        return int((self.trials.status == "failed").sum()) if len(self.trials) else 0

    def evaluated(self, **where: Any) -> pd.DataFrame:
        """Return the evaluation trials whose columns have these values."""
        return matching(self.trials, phase="evaluate", **where)

    def losses(self, **where: Any) -> pd.Series:
        """Return the test losses of these evaluation trials; infinite for one that diverged, which must not drop out of a median."""
        return self.evaluated(**where).loss.fillna(float("inf"))


@dataclass(frozen=True)
class Measurement:
    """The result of a study: a text with its figures, and whether these are within the tolerance."""

    text: str
    reproduced: bool


@dataclass(frozen=True)
class KnownResult:
    """A published result.

    published   the finding, with its figures
    expected    what must be measured here to call it reproduced
    study       the profile that is trained; several results may share one. None where `measure` needs no trained trial
    measure     from the study's tables (empty ones where there is no study) to what was measured
    """

    name: str
    source: str
    published: str
    expected: str
    position: int
    study: Profile | None
    measure: Callable[[Tables], Measurement]


def matching(table: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """Return the rows whose columns have these values."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def study(name: str, description: str, task: str, lags: list[int], models: list[str], mitigations: list[str], **settings: Any) -> Profile:
    """Return a profile of one task, with defaults that all studies share. Its seeds were used for nothing else before."""
    common = {
        "hidden_size": 50,
        "batch_size": 20,
        "evaluate_every": 100,
        "validation_sequences": 500,
        "test_sequences": 2000,
        "probe_sequences": 32,
        "tuning_seeds": [11],
        "evaluation_seeds": [201, 202, 203, 204, 205],
    }
    chosen = {"name": name, "description": description, "models": models, "mitigations": mitigations, "task": [{"name": task, "lags": lags}]}
    return Profile.model_validate({**common, **chosen, **settings})


def rates(count: int, ratio: float, **middle: float) -> dict[str, Any]:
    """Return a grid of learning rates; the middle ones of optimizers that a study does not use do not matter."""
    return {"count": count, "ratio": ratio, "sgd": 0.1, "rmsprop": 0.003, "adam": 0.003, **middle}
