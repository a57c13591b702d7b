"""Trials that need not be trained, since another trial of their cohort is known to be equal to them to the bit.

Clipping whose threshold is never met changes nothing. Its trial equals the one without it at the same learning rate and seed, which is trained
anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from unvanish.suite.experiment.plan import Condition
from unvanish.suite.experiment.trial import TrainedTrial, Trial
from unvanish.suite.mitigations import Mitigation

Key = tuple[str, str, float, int]


def key_of(trial: Trial) -> Key:
    """Return what identifies a trial within its cohort."""
    return trial.condition.mitigation, trial.phase, trial.learning_rate, trial.seed


@dataclass(frozen=True)
class Base:
    """A condition that lacks one mitigation of another, and this mitigation."""

    condition: Condition
    part: Mitigation


def base_of(condition: Condition, conditions: Sequence[Condition]) -> Base | None:
    """Return the first of the conditions that lacks one mitigation of `condition` and has all others; None where there is none.

    Only mitigations count that may have no effect.
    """
    for part in condition.mitigations.parts:
        if not condition.mitigations.could_act(part, condition.task, max_gradient_norm=0.0):
            without = condition.mitigations.without(part)
            for other in conditions:
                if other.mitigations.parts == without:
                    return Base(other, part)
    return None


class Copies:
    """Which trials of some conditions are copies, as far as is known from the trials that were trained."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.bases = {condition.mitigation: base_of(condition, conditions) for condition in conditions}
        self.trained: dict[Key, TrainedTrial] = {}
        self.differs: set[tuple[str, float]] = set()  # mitigation and rate at which the mitigation acted on a trial

    def add(self, trained: TrainedTrial) -> None:
        """Add a trial, trained or copied."""
        self.trained[key_of(trained.trial)] = trained

    def base_trial(self, trial: Trial) -> Trial | None:
        """Return the trial that this one may be a copy of; None where there is none."""
        base = self.bases[trial.condition.mitigation]
        return replace(trial, condition=base.condition) if base else None

    def copy(self, trial: Trial) -> TrainedTrial | None:
        """Return a trial as a copy of one that was trained; None where it is none, or that is not known yet."""
        base, equal = self.bases[trial.condition.mitigation], self.base_trial(trial)
        trained = self.trained.get(key_of(equal)) if equal else None
        if base is None or trained is None:
            return None
        norm = trained.max_gradient_norm if trained.diverged_at is None else inf
        if trial.condition.mitigations.could_act(base.part, trial.condition.task, norm):
            self.differs.add((trial.condition.mitigation, trial.learning_rate))
            return None
        return replace(trained, trial=trial, copy_of=base.condition.mitigation)

    def ready(self, wanted: Sequence[Trial]) -> list[Trial]:
        """Return the trials that can be trained now; the others wait, since they may turn out to be copies of these."""
        keys = {key_of(trial) for trial in wanted}
        return [trial for trial in wanted if not self.should_wait(trial, keys)]

    def should_wait(self, trial: Trial, wanted: Iterable[Key]) -> bool:
        """Return whether a trial that is still to be trained may turn out to be equal to this one, as other seeds at this rate did."""
        equal = self.base_trial(trial)
        return equal is not None and (trial.condition.mitigation, trial.learning_rate) not in self.differs and key_of(equal) in wanted
