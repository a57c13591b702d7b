"""Forecast the memory of a worker process, for `plan` and before a run: what is always there, what cohorts leave behind, and the arrays of the largest cohort.

The constants were measured on Linux, as the peak of the resident memory of workers that trained cohorts of which one size was large.
"""

from __future__ import annotations

from collections.abc import Sequence

from unvanish.suite.experiment.plan import Budget, Cohort, sizes_of
from unvanish.suite.models import MODELS
from unvanish.suite.training.program_size import ProgramSize, activation_bytes, program_size
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError
from unvanish.tasks.machine import gib

COHORTS_PER_PROCESS = 16  # a process of this machine is replaced after so many, since TensorFlow keeps compiled code of each
LOADED = 800 << 20  # TensorFlow, Keras, scikit-learn, Dask and the suite
COMPILING = 210 << 20  # while programs are compiled
LEFT_BEHIND = 35 << 20  # compiled code that TensorFlow keeps of a cohort that has ended, and its programs
BLOCK_COPIES = 4.3  # of a training block: as drawn, side by side, in the order of the program, as a tensor
ACTIVATION_COPIES = 1.6  # of the activations of a training step: those of the probes, of fewer sequences, come beside them
STATE_COPIES = 4  # of the weights of the trials of a program: gradient, update, memory of the mitigations, new weights
RESULT_COPIES = 2  # of the weights of every trial: as trained, and as sent


def peak_bytes(cohorts: Sequence[Cohort], workers: int) -> tuple[int, Cohort]:
    """Return the peak memory of the worker that trains the most cohorts, in bytes, and the cohort that needs the most."""
    largest = max(cohorts, key=array_bytes)
    earlier = max(min(len(cohorts) - workers + 1, COHORTS_PER_PROCESS) - 1, 0)  # while the other workers train one cohort each
    return LOADED + COMPILING + LEFT_BEHIND * earlier + array_bytes(largest), largest


def check_memory(cohorts: Sequence[Cohort], available: int) -> None:
    """Raise `UsageError` where a worker alone on a machine with so many bytes of memory cannot train one of the cohorts."""
    largest = max(cohorts, key=array_bytes, default=None)
    if largest is not None and (needed := LOADED + COMPILING + array_bytes(largest)) > available:
        parts = bytes_by_part(largest)
        settings = max(parts, key=lambda part: parts[part])
        raise UsageError(
            f"the cohort {largest.label} needs about {gib(needed)} of memory and this machine has {gib(available)}; most of it depends on {settings}, "
            "so make these smaller, select other conditions, or use the workers of a larger machine with --scheduler"
        )


def array_bytes(cohort: Cohort) -> int:
    """Return the bytes of the arrays that are there at once while a cohort is trained and evaluated."""
    return round(sum(bytes_by_part(cohort).values()))


def bytes_by_part(cohort: Cohort) -> dict[str, float]:
    """Return these bytes by the settings that decide them: a block of training, the sets to evaluate on, a step, the weights, an evaluation."""
    task, budget, size = cohort.task, cohort.budget, program_size(cohort)
    targets = len(task.loss_steps) * (task.output_size if task.kind == "regression" else 1)
    sequence = 4 * (cohort.max_length * task.input_size + targets)  # padded inputs, and targets
    block = sequence * budget.evaluate_every * budget.batch_size * size.seeds
    sets = sequence * (budget.validation_sequences + budget.test_sequences)
    activations = ACTIVATION_COPIES * size.trials * activation_bytes(task, MODELS[cohort.model], budget, cohort.max_length)
    weights = (STATE_COPIES * size.trials + RESULT_COPIES * cohort.most_trials) * 4 * MODELS[cohort.model].parameters(sizes_of(task, budget))
    return {
        "evaluate_every, batch_size and the lag": BLOCK_COPIES * block,
        "test_sequences, validation_sequences and the lag": sets,
        "hidden_size, batch_size and the lag": activations,
        "hidden_size and the numbers of seeds and learning rates": weights,
        "validation_sequences, hidden_size and the lag": evaluation_bytes(task, budget, size),
    }


def evaluation_bytes(task: Task, budget: Budget, size: ProgramSize) -> int:
    """Return the bytes of an evaluation: where there are several losses, the hidden states of all steps, and those at the loss steps with the outputs."""
    steps = len(task.loss_steps)
    if steps == 1:
        return 0
    return 4 * size.trials * budget.validation_sequences * ((task.length + steps) * budget.hidden_size + steps * task.output_size)
