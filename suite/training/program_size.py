"""The number of trials that one compiled program trains side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from unvanish.suite.experiment.copies import Copies
from unvanish.suite.experiment.plan import Budget, Cohort, sizes_of, time_steps_of
from unvanish.suite.experiment.trial import Trial, evaluation_trials, tuning_trials
from unvanish.suite.models import MODELS, Model
from unvanish.tasks import Task

# The compiler drops the trial axis of a single trial and rounds differently, so a lone trial is padded with a copy of itself whose
# results are discarded. More trials share the cost of starting an operation, until the activations of a training step outgrow the cache.
MIN_TRIALS, MAX_TRIALS, CACHE_BYTES = 2, 32, 8 << 20
LAUNCH_COST = 4  # of one more run of a program, in trials


@dataclass(frozen=True)
class ProgramSize:
    """The shape that a cohort's programs are compiled for: trials side by side, and seeds whose sequences they are given."""

    trials: int
    seeds: int


def program_size(cohort: Cohort) -> ProgramSize:
    """Return the size of a cohort's programs, by the trials of its first wave and all those that it is known to need."""
    tuning = [trial for condition in cohort.conditions for trial in tuning_trials(condition, condition.rates.first)]
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, condition.rates.first[0])]
    first, later = Copies(cohort.conditions).ready(tuning)
    return program_size_for(cohort.task, MODELS[cohort.model], cohort.budget, first, [*later, *evaluation])


def program_size_for(task: Task, model: Model, budget: Budget, *phases: Sequence[Trial]) -> ProgramSize:
    """Return the size with the least padding over all phases, so that one compiled program serves them all; of equal ones the largest."""
    counts = [len(phase) for phase in phases]
    widest = max(MIN_TRIALS, min(MAX_TRIALS, CACHE_BYTES // activation_bytes(task, model, budget), *[max(counts)]))
    trials = min(range(widest, MIN_TRIALS - 1, -1), key=lambda size: sum(ceil(count / size) * (size + LAUNCH_COST) for count in counts))
    return ProgramSize(trials, min(trials, len(distinct_seeds([trial for phase in phases for trial in phase]))))


def activation_bytes(task: Task, model: Model, budget: Budget) -> int:
    """Return the bytes that the activations of one trial's forward pass take in single precision."""
    return 4 * budget.batch_size * model.activation_count(sizes_of(task, budget), time_steps_of(task, model))


def distinct_seeds(trials: Sequence[Trial]) -> list[int]:
    """Return the seeds of trials, each once, in the order of the trials."""
    return list(dict.fromkeys(trial.seed for trial in trials))
