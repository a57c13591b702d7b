"""`make growth`: how the cost of training grows with time steps, trials, hidden units and workers, with the exponents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from statistics import median
from typing import Annotated

import numpy as np
import typer
from matplotlib import rc_context
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table
from scipy.stats import linregress

from tests.performance.contestants.cohort import STEPS_PER_BLOCK
from tests.performance.limit import Rates, seconds_per_trial_step
from tests.performance.peers import CONTESTANTS, ROOT, SUITE, TRIALS_PER_CORE, run
from tests.performance.workload import Workload

SECONDS = 2.0  # that a run should train for
SHARE = 0.3  # of the arithmetic limit that is reached, to guess the number of steps that takes
GROWING = {
    "time steps": ("length", [25, 50, 100, 200, 400, 800]),
    "trials": ("trials", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]),
    "hidden units": ("hidden", [16, 32, 64, 128, 256]),
}


@dataclass(frozen=True)
class Growth:
    """Milliseconds of one step of all trials, for each value of what grows; the exponent is the slope of both in logarithms."""

    what: str
    values: list[int]
    milliseconds: list[float]

    @property
    def exponent(self) -> float:
        return float(linregress(np.log(self.values), np.log(self.milliseconds)).slope)


def measure(workload: Workload, cores: list[int], rates: Rates, repeats: int) -> float:
    """Milliseconds of one step of all trials of each core's process, at the same time on all of them."""
    suite = next(contestant for contestant in CONTESTANTS if contestant.name == SUITE)
    guess = workload.trials * seconds_per_trial_step(workload, rates) / SHARE
    steps = int(np.clip(SECONDS / guess, 4, 2000))
    steps -= steps % STEPS_PER_BLOCK if steps > STEPS_PER_BLOCK else 0  # whole blocks only are trained
    timed = replace(workload, steps=steps, trials=workload.trials * len(cores))
    return 1000 * median(run(suite, timed, cores).training for _ in range(repeats)) / timed.steps


def draw(model: str, growths: list[Growth]) -> Figure:
    canvas = Figure(figsize=(3.2 * len(growths), 2.9), layout="constrained")
    for panel, growth in zip(canvas.subplots(1, len(growths)), growths, strict=True):
        panel.loglog(growth.values, growth.milliseconds, marker="o", markersize=3)
        linear = [growth.milliseconds[-1] * value / growth.values[-1] for value in growth.values]
        panel.loglog(growth.values, linear, linestyle=":", color="grey", label="linear")
        panel.set(xlabel=growth.what, ylabel="ms a step of all trials", title=f"{model}: exponent {growth.exponent:.2f}")
        panel.legend(frameon=False)
    return canvas


def main(
    model: Annotated[str, typer.Option(help="rnn, lstm or gru.")] = "lstm",
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each point, of which the median counts.")] = 1,
    figure: Annotated[Path | None, typer.Option(help="Where to draw the figure, as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Time this suite at 30 steps, 32 hidden units, batch 32 and 8 trials, and with one of them growing."""
    cores, console = sorted(os.sched_getaffinity(0)), Console(stderr=as_json)
    rates = Rates(**json.loads(subprocess.run([sys.executable, "-m", "tests.performance.limit"], cwd=ROOT, capture_output=True, text=True, check=True).stdout))
    base = Workload(model, length=30, hidden=32, batch=32, trials=TRIALS_PER_CORE, steps=0)
    growths = []
    for what, (field, values) in GROWING.items():
        costs = []
        for value in values:
            costs.append(measure(replace(base, **{field: value}), cores[:1], rates, repeats))
            console.print(f"  {model}, {value} {what}: {costs[-1]:.2f} ms")
        growths.append(Growth(what, values, costs))
    counts = [*takewhile(lambda count: count < len(cores), (2**power for power in range(10))), len(cores)]
    growths.append(Growth("workers", counts, [measure(base, cores[:count], rates, repeats) for count in counts]))
    if figure:
        with rc_context({"svg.hashsalt": "growth"}):  # the same figures, the same file
            draw(model, growths[:-1]).savefig(figure, format="svg", metadata={"Date": None})
    if as_json:
        print(json.dumps({growth.what: {"values": growth.values, "milliseconds": growth.milliseconds, "exponent": growth.exponent} for growth in growths}))
        return
    table = Table("what grows", "exponent", "ms a step of all trials")
    for growth in growths:
        table.add_row(
            growth.what, f"{growth.exponent:.2f}", "  ".join(f"{value}: {ms:.2f}" for value, ms in zip(growth.values, growth.milliseconds, strict=True))
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
