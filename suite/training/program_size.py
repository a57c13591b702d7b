"""How many trials one program trains side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from unvanish.suite.experiment.plan import Budget, sizes_of
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.models import Model
from unvanish.tasks import Task

# Of a single trial the compiler drops the trial axis and rounds differently, so a lone trial gets a companion whose results
# are dropped. More trials share the cost of starting an operation, until what one training step remembers outgrows the cache.
SMALLEST, LARGEST, TRAJECTORY_BYTES = 2, 32, 8 << 20
OVERHEAD = 4  # of running a program once more, in trials


@dataclass(frozen=True)
class ProgramSize:
    """What a cohort's programs are compiled for: trials side by side, and seeds whose sequences they see."""

    trials: int
    seeds: int


def program_size_for(task: Task, model: Model, budget: Budget, *phases: Sequence[Trial]) -> ProgramSize:
    """The size with the least padding over all phases, so that one compiled program serves them all; of two, the larger."""
    counts = [len(phase) for phase in phases]
    widest = max(SMALLEST, min(LARGEST, TRAJECTORY_BYTES // trajectory_bytes(task, model, budget), *[max(counts)]))
    trials = min(range(widest, SMALLEST - 1, -1), key=lambda size: sum(ceil(count / size) * (size + OVERHEAD) for count in counts))
    seeds = max(len(seeds_of(group)) for phase in phases for group in groups(phase, trials))
    return ProgramSize(trials, seeds)


def trajectory_bytes(task: Task, model: Model, budget: Budget) -> int:
    """What one trial remembers of a forward pass, in single precision."""
    steps = task.length if not model.memoryless else len(task.loss_steps)
    return 4 * budget.batch_size * model.remembered(sizes_of(task, budget), steps)


def groups(trials: Sequence[Trial], width: int) -> list[list[Trial]]:
    """The trials that train side by side: as few seeds in each as can be, since the trials of a seed share its sequences."""
    by_seed = sorted(trials, key=lambda trial: trial.seed)
    return [by_seed[start : start + width] for start in range(0, len(by_seed), width)]


def seeds_of(trials: Sequence[Trial]) -> list[int]:
    """The seeds whose sequences are drawn, each once."""
    return list(dict.fromkeys(trial.seed for trial in trials))
