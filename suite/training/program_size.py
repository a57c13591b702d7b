"""The number of trials that one compiled program trains side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unvanish.suite.experiment.plan import Budget, Cohort, sizes_of, time_steps_of
from unvanish.suite.experiment.trial import Trial, evaluation_trials, tuning_trials
from unvanish.suite.models import MODELS, Model
from unvanish.tasks import Task

# The compiler drops the trial axis of a single trial and rounds differently, so a lone trial is padded with a copy of itself whose
# results are discarded. From 16 trials on, the mean of a loss over many sequences is rounded differently.
MIN_TRIALS, MAX_TRIALS = 2, 12
# A trial of an LSTM takes as long in a program for 2 as in one for 15, so programs are small, since the last one of a wave is half empty on
# average: for 4 trials, or fewer where their activations would take more than `MAX_BYTES`. Programs of small networks, whose operations are soon
# done, are larger, as long as the activations stay in the cache.
FEW_TRIALS, CACHE_BYTES, MAX_BYTES = 4, 1 << 20, 40 << 20
MIN_SEEDS = 8  # the groups of a wave share one array of sequences where it has room for those of all seeds


@dataclass(frozen=True)
class ProgramSize:
    """The shape that a cohort's programs are compiled for: trials side by side, and seeds whose sequences they are given."""

    trials: int
    seeds: int


def program_size(cohort: Cohort) -> ProgramSize:
    """Return the size of a cohort's programs."""
    tuning = [trial for condition in cohort.conditions for trial in tuning_trials(condition, condition.rates.first)]
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, condition.rates.first[0])]
    return program_size_for(cohort.task, MODELS[cohort.model], cohort.budget, [*tuning, *evaluation], cohort.max_length)


def program_size_for(task: Task, model: Model, budget: Budget, trials: Sequence[Trial], max_length: int | None = None) -> ProgramSize:
    """Return the size of the programs for these trials: with enough of them the same for all cohorts that share programs for `max_length`."""
    activations = activation_bytes(task, model, budget, max_length)
    width = min(max(CACHE_BYTES // activations, min(FEW_TRIALS, MAX_BYTES // activations), MIN_TRIALS), MAX_TRIALS)
    width = max(min(width, len(trials)), MIN_TRIALS)
    return ProgramSize(width, min(max(width, MIN_SEEDS), len(distinct_seeds(trials))))


def activation_bytes(task: Task, model: Model, budget: Budget, max_length: int | None = None) -> int:
    """Return the bytes that the activations of one trial's forward pass take in single precision, over sequences padded to `max_length`."""
    time_steps = time_steps_of(task, model) if model.memoryless else max_length or task.length
    return 4 * budget.batch_size * model.activation_count(sizes_of(task, budget), time_steps)


def distinct_seeds(trials: Sequence[Trial]) -> list[int]:
    """Return the seeds of trials, each once, in the order of the trials."""
    return list(dict.fromkeys(trial.seed for trial in trials))
