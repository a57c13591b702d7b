"""What a training step of each mitigation costs: timed alone, when no worker trains any more, relative to a step without one.

Each condition of a network has a program of its own for it, which workers compile when they have no cohort to train any more. The timing itself waits
until all else is done; then one worker after the other times its networks while the others have nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np
from distributed import Client, get_worker

from unvanish.suite import plugins
from unvanish.suite.execution import late_calls
from unvanish.suite.execution.late_calls import LAST, LateCall
from unvanish.suite.execution.paired_times import PairedTimes, time_pairs
from unvanish.suite.execution.presence import WORKER_TIMEOUT, Presence
from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow
from unvanish.suite.experiment.plan import Cohort, Condition, Plan
from unvanish.suite.experiment.roles import CONTROL, role
from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.mitigations import find

if TYPE_CHECKING:
    from unvanish.suite.execution.timed_step import TimedStep

MIN_WORK = 5e10  # `Cohort.cost_of_trial` of a plan for each program that is timed: some ten seconds of training, where a program takes two or three
MAX_NETWORKS = 2  # whose programs a worker keeps until they are timed, each some 15 MB; those of others are loaded from the compile cache


def cohorts_to_time(plan: Plan, known: Collection[str]) -> list[Cohort]:
    """Return a cohort a network: its conditions on the first task of a plan at its longest lag, without controls and those with known fingerprints.

    None of a plan that trains for so short a time that compiling these programs would be a large part of it.
    """
    hardest: dict[str, Cohort] = {}
    for cohort in plan.cohorts:
        first = hardest.get(cohort.model)
        if first is None or (cohort.task.name == first.task.name and cohort.task.lag > first.task.lag):
            hardest[cohort.model] = cohort
    cohorts = [
        replace(cohort, conditions=tuple(condition for condition in cohort.conditions if role(cohort.model, condition.mitigation) != CONTROL))
        for cohort in hardest.values()
    ]
    work = sum(cohort.trials * cohort.cost_of_trial for cohort in plan.cohorts)
    if work < MIN_WORK * sum(len(cohort.conditions) for cohort in cohorts):
        return []
    unknown = [replace(cohort, conditions=tuple(each for each in cohort.conditions if each.fingerprint not in known)) for cohort in cohorts]
    return [cohort for cohort in unknown if cohort.conditions]


@dataclass(frozen=True)
class Compiled:
    """The worker that has compiled the programs of a network, and the seconds that it took."""

    worker: str
    seconds: float


@dataclass(frozen=True)
class Timed:
    """The costs of the conditions of a network, and the seconds that the timing took."""

    costs: list[StepCost]
    seconds: float


def compile_programs(cohort: Cohort) -> Compiled:
    """Compile the programs of a network, in a worker; those that cannot be compiled are said when they are timed."""
    start = perf_counter()
    prepare_tensorflow()
    programs_of(cohort)
    return Compiled(get_worker().address, perf_counter() - start)


def time_network(cohort: Cohort) -> Timed:
    """Time the conditions of a network, in a worker: `none` against itself too, whose spread is that of the machine."""
    start = perf_counter()
    prepare_tensorflow()
    import tensorflow as tf

    # A step runs in one thread, so that processor time is its time on a machine that does nothing else; on a GPU it is not.
    clock = perf_counter if tf.config.list_physical_devices("GPU") else process_time
    return Timed(time_steps(cohort, clock), perf_counter() - start)


def time_steps(cohort: Cohort, clock: Callable[[], float]) -> list[StepCost]:
    """Time the conditions of a network by a clock that returns seconds."""
    plain, programs = programs_of(cohort)
    costs = []
    for condition in cohort.conditions:
        program = plain if condition.mitigation == "none" else programs[condition.mitigation]
        if isinstance(plain, str) or isinstance(program, str):
            costs.append(StepCost(condition, failure=plain if isinstance(plain, str) else str(program)))
        else:
            costs.append(cost_of(condition, program.trial_steps, time_pairs(plain, program, clock)))
    return costs


def cost_of(condition: Condition, trial_steps: int, times: PairedTimes) -> StepCost:
    """Return the cost of a condition whose calls and those of `none` were timed in turn, each of so many training steps."""
    low, median, high = times.ratio_quartiles()
    return StepCost(condition, 1000 * float(np.median(times.changed)) / trial_steps, median, low, high, len(times.changed))


@lru_cache(maxsize=MAX_NETWORKS)
def programs_of(cohort: Cohort) -> tuple[TimedStep | str, Mapping[str, TimedStep | str]]:
    """Return the compiled program of training without mitigation, and those of the conditions of a network; the reason of one that fails in its place."""
    from unvanish.suite.execution.timed_step import TimedStep
    from unvanish.suite.training.program_size import program_size

    trials = program_size(cohort).trials

    def program(condition: Condition) -> TimedStep | str:
        try:
            timed = TimedStep(condition, trials)
            timed()
        except Exception as error:  # whatever a plug-in raises
            return plugins.reason_of(error)
        return timed

    plain = program(replace(cohort.conditions[0], mitigations=find("none")))
    return plain, {condition.mitigation: program(condition) for condition in cohort.conditions if condition.mitigation != "none"}


def start_compiling(cohorts: Sequence[Cohort], client: Client) -> dict[Cohort, LateCall]:
    """Have the programs of these networks compiled by workers that have no cohort to train, and no reference predictors to fit."""
    return {cohort: late_calls.start(client, f"the programs that time {cohort.label}", compile_programs, cohort, priority=LAST - 1) for cohort in cohorts}


def collect_step_costs(
    compiling: Mapping[Cohort, LateCall], client: Client, on_message: Callable[[str], None], limit: float | None = None, worker_limit: float = WORKER_TIMEOUT
) -> tuple[list[StepCost], float]:
    """Time all networks, one after the other, where nothing else is left to do; their costs, and the seconds of the workers' time that it took.

    Those of a network that take longer than `limit` seconds are given up. Raises `UsageError` where the scheduler is gone, or there has been no
    worker for `worker_limit` seconds.
    """
    found, spent, presence = list[StepCost](), 0.0, Presence(client, worker_limit)
    with presence.needed():
        workers: dict[Cohort, list[str]] = {}
        for cohort, call in compiling.items():  # all of them, before any is timed
            workers[cohort] = []
            if (compiled := late_calls.told(call, "timed", presence, on_message, limit)) is not None:
                workers[cohort], spent = [compiled.worker], spent + compiled.seconds
        for cohort, chosen in workers.items():
            if chosen:
                call = late_calls.start(client, f"the training steps of {cohort.label}", time_network, cohort, workers=chosen)
                if (timed := late_calls.told(call, "timed", presence, on_message, limit)) is not None:
                    found, spent = [*found, *timed.costs], spent + timed.seconds
    for cost in found:
        if cost.failure:
            on_message(f"a training step of {cost.condition.label} could not be timed: {cost.failure}")
    return found, spent
