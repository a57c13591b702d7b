"""Forecast how long a plan will take on this machine: by the last benchmark that ran here, else by a short calibration.

Either leaves its figures in a file of the user's cache folder. The calibration trains a small cohort in a process of its own,
so that `plan` need not import TensorFlow.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from unvanish.suite.execution import compile_cache
from unvanish.suite.execution.time_left import shared_out
from unvanish.suite.experiment.plan import longest_first

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan import Cohort, Plan

BESIDE_TRAINING = ("drawing", "training", "evaluation", "probes")  # grows with the work; the rest of a cohort's time does not
ENOUGH = 60.0  # seconds of training of all workers, of which a speed can be told; a shorter benchmark is mostly its overhead
STARTUP = 15.0  # seconds to load the suite and the workers, and to write the report


@dataclass(frozen=True)
class Speed:
    """Seconds of one worker.

    per_cost    for a unit of `Cohort.cost_of_trial`
    per_cohort  for what every cohort takes whatever its size: to trace and compile its programs
    source      how this was measured, for a reader
    """

    per_cost: float
    per_cohort: float
    source: str


def cache_file() -> Path:
    """Return the file of the user's cache folder that keeps the speed of this machine."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / "unvanish" / f"speed-{platform.node() or 'here'}.json"


def expected_seconds(planned: Plan, measured: Speed, workers: int) -> tuple[float, float]:
    """Return the seconds of the whole benchmark with the fewest and the most trials, its cohorts shared out among the workers."""
    cohorts = longest_first(planned.cohorts)

    def seconds(trials: Callable[[Cohort], int]) -> float:
        return STARTUP + shared_out([], [measured.per_cohort + measured.per_cost * trials(cohort) * cohort.cost_of_trial for cohort in cohorts], workers)

    return seconds(lambda cohort: cohort.trials), seconds(lambda cohort: cohort.most_trials)


def measured_speed(seconds: Mapping[str, float], cost: float, cohorts: int, source: str) -> Speed:
    """From where the time of some cohorts went."""
    growing = sum(seconds.get(part, 0.0) for part in BESIDE_TRAINING)
    return Speed(growing / cost, (seconds.get("compiling", 0.0) + seconds.get("export", 0.0)) / cohorts, source)


def remember_benchmark(plan: Plan, cost: float, seconds: Mapping[str, float]) -> None:
    """For the next `plan`, how fast a benchmark of this machine was that did work of this cost and whose time went so, if it trained long enough to tell."""
    if cost and seconds.get("training", 0.0) >= ENOUGH:
        remember(measured_speed(seconds, cost, len(plan.cohorts), f"the last benchmark here ({plan.profile.name})"))


def remember(found: Speed) -> None:
    """For the next `plan`; where there is no place for it, that one measures again."""
    with suppress(OSError):
        cache_file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the compile cache lies in it
        cache_file().write_text(json.dumps(asdict(found)))


def speed() -> Speed | None:
    """Return the speed as remembered, or by a calibration; None where neither can be had."""
    with suppress(OSError, ValueError, TypeError):
        return Speed(**json.loads(cache_file().read_text()))
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", compile_cache.VARIABLE: "off"}  # a plan's programs are not in the cache yet
    command = [sys.executable, "-m", "unvanish.suite.execution.forecast"]
    with suppress(OSError, subprocess.SubprocessError, ValueError, TypeError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environment)
        found = Speed(**json.loads(done.stdout.strip().split("\n")[-1]))
        remember(found)
        return found
    return None


def calibrate() -> Speed:
    """Trains a plain RNN of the profile quick for some steps."""
    from dataclasses import replace

    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow
    from unvanish.suite.experiment.plan import make_plan, select
    from unvanish.suite.experiment.profile import load

    prepare_tensorflow()
    from unvanish.suite.execution.protocol import run_cohort

    (cohort,) = select(make_plan(load("quick")), "task=first_symbol,lag=25,model=rnn").cohorts
    budget = replace(cohort.budget, steps=100, evaluate_every=50)
    short = replace(cohort, conditions=tuple(replace(condition, budget=budget) for condition in cohort.conditions))
    began, busy = perf_counter(), process_time()
    results, seconds = run_cohort(short)
    share = min((process_time() - busy) / (perf_counter() - began), 1.0)  # what else the machine does at the moment is not counted
    return measured_speed(
        {part: spent * share for part, spent in seconds.items()}, len(results) * short.cost_of_trial, 1, "a short calibration, if it does nothing else"
    )


if __name__ == "__main__":
    print(json.dumps(asdict(calibrate())))
