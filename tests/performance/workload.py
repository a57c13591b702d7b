"""The work that all contestants do, and how a contestant's process takes its turn.

The adding problem at a given length, trained with RMSprop (rho 0.9) at 0.001 and gradients clipped to a norm of 1 over all
weights, float32, fresh sequences at every step. All trials of a process see the same sequences and differ in their weights.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from unvanish.tasks.adding import Adding
from unvanish.tasks.seeding import generator

LEARNING_RATE, RHO, CLIP_NORM = 0.001, 0.9, 1.0


@dataclass(frozen=True)
class Workload:
    """What one process does: `trials` networks for `steps` steps each."""

    model: str
    length: int
    hidden: int
    batch: int
    trials: int
    steps: int


@dataclass(frozen=True)
class Timing:
    """Seconds of one process: imports and data; building, tracing and compiling; training."""

    startup: float
    compiling: float
    training: float


def sequences(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [step, batch, time, 2] and targets [step, batch, 1] for a whole run."""
    drawn = Adding(workload.length).draw(generator("training", 1), workload.steps * workload.batch)
    inputs = drawn.inputs.reshape(workload.steps, workload.batch, workload.length, 2)
    return inputs, drawn.targets.reshape(workload.steps, workload.batch, 1)


def take_turn(prepare: Callable[[Workload], Callable[[], Callable[[], float]]]) -> None:
    """Runs a contestant in this process.

    `prepare(workload)` imports and draws; what it returns compiles; what that returns trains and gives the last loss. The
    process says when it is ready to train and waits for its start, so that those of all cores train at the same time.
    """
    workload = Workload(**json.loads(sys.argv[1]))
    marks = [time.perf_counter()]
    build = prepare(workload)
    marks.append(time.perf_counter())
    train = build()
    marks.append(time.perf_counter())
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    loss = train()
    end = time.perf_counter()
    assert np.isfinite(loss), loss
    print(json.dumps(asdict(Timing(marks[1] - marks[0], marks[2] - marks[1], end - start))), flush=True)
