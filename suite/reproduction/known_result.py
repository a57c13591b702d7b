"""What a known result is, and what the studies that measure one have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suite.profile import Profile

if TYPE_CHECKING:
    from suite.tracking import Records


@dataclass(frozen=True)
class Measured:
    """What a study found, in a sentence with its figures, and whether that is within the tolerance."""

    text: str
    reproduced: bool


@dataclass(frozen=True)
class KnownResult:
    """A published result.

    published   what was found, with its figures
    expected    what must be measured here to call it reproduced
    study       the profile that is trained; results may share one
    measure     from the study's results to what was measured
    """

    name: str
    source: str
    published: str
    expected: str
    position: int
    study: Profile
    measure: Callable[[Records], Measured]


def study(name: str, description: str, task: str, lags: list[int], models: list[str], mitigations: list[str], **settings: Any) -> Profile:
    """A profile of one task; what is not said is the same for all studies."""
    common = {
        "hidden_size": 50,
        "batch_size": 20,
        "evaluate_every": 100,
        "validation_sequences": 500,
        "test_sequences": 2000,
        "probe_sequences": 32,
        "tuning_seeds": [1],
        "evaluation_seeds": [101, 102, 103, 104, 105],
    }
    chosen = {"name": name, "description": description, "models": models, "mitigations": mitigations, "task": [{"name": task, "lags": lags}]}
    return Profile.model_validate({**common, **chosen, **settings})
