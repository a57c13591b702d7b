"""The memory of a worker that `plan` tells, held against the peak that the system measured of a real one."""

import re
import sys
from dataclasses import replace
from math import prod
from pathlib import Path

import pytest

from unvanish.suite.execution.clusters import local_workers
from unvanish.suite.execution.cohorts import Done, run
from unvanish.suite.execution.memory import COHORTS_PER_PROCESS, LEFT_BEHIND, array_bytes, evaluation_bytes, peak_bytes, program_size
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import TaskEntry, load

SMALL = load("smoke").model_copy(update={"task": [TaskEntry(name="adding", lags=[6])], "models": ["rnn"], "mitigations": ["none", "rmsprop"]})
MANY_OUTPUTS = SMALL.model_copy(
    update={"task": [TaskEntry(name="copy_memory", lags=[30])], "hidden_size": 64, "validation_sequences": 2048, "test_sequences": 2048}
)
LONG_BLOCK = SMALL.model_copy(update={"task": [TaskEntry(name="first_symbol", lags=[100])], "batch_size": 256, "steps": 50, "evaluate_every": 50})


def peak_of_process() -> int:
    """The largest resident memory that this process has had, in bytes."""
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("profile", [SMALL, MANY_OUTPUTS, LONG_BLOCK], ids=["small", "many outputs", "long block"])
def test_the_forecast_is_within_a_quarter_of_the_measured_peak(profile):
    cohorts = make_plan(profile).cohorts
    with local_workers(1) as client:
        assert [event.failure for event in run(cohorts, client) if isinstance(event, Done)] == [None]
        (measured,) = client.run(peak_of_process).values()
    forecast, _ = peak_bytes(cohorts, 1)
    assert 0.8 < forecast / measured < 1.25


def test_the_cohort_with_the_largest_arrays_decides_and_is_named():
    planned = make_plan(load("quick"))
    peak, largest = peak_bytes(planned.cohorts, 2)
    assert array_bytes(largest) == max(map(array_bytes, planned.cohorts))
    assert peak == peak_bytes([largest], 1)[0] + (COHORTS_PER_PROCESS - 1) * LEFT_BEHIND


def test_a_worker_that_is_replaced_leaves_nothing_behind():
    """One of two workers may train all but one of three cohorts; of a hundred it trains no more than a process is given."""
    cohort = make_plan(SMALL).cohorts[0]
    alone = peak_bytes([cohort], 1)[0]
    assert peak_bytes([cohort] * 3, 2)[0] - alone == LEFT_BEHIND
    assert peak_bytes([cohort] * 100, 2)[0] - alone == (COHORTS_PER_PROCESS - 1) * LEFT_BEHIND


def test_an_evaluation_holds_the_states_of_all_steps_only_where_there_are_several_losses():
    """By hand: copy_memory at lag 30 has 50 steps, each with a loss over 9 symbols; adding has one loss."""
    (several,), (one,) = make_plan(MANY_OUTPUTS).cohorts, make_plan(SMALL).cohorts
    states, at_losses, outputs = (50, 64), (50, 64), (50, 9)
    trials = program_size(several).trials
    assert evaluation_bytes(several.task, several.budget, program_size(several)) == 4 * trials * 2048 * sum(map(prod, (states, at_losses, outputs)))
    assert evaluation_bytes(one.task, one.budget, program_size(one)) == 0


@pytest.mark.parametrize("size", ["batch_size", "evaluate_every", "validation_sequences", "hidden_size"])
def test_more_of_anything_needs_no_less(size):
    (cohort,) = select(make_plan(load("quick")), "task=first_symbol,lag=25,model=lstm").cohorts
    larger = tuple(replace(condition, budget=replace(condition.budget, **{size: 4 * getattr(condition.budget, size)})) for condition in cohort.conditions)
    assert array_bytes(replace(cohort, conditions=larger)) >= array_bytes(cohort)
