"""`make peers`: the same work by this suite, Keras in a compiled loop and by `fit`, PyTorch and JAX, side by side in one run on all cores."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.performance.limit import Rates, seconds_per_trial_step
from tests.performance.workload import Timing, Workload

ROOT = Path(__file__).parents[2]
SUITE = "cohort"
TRIALS_PER_CORE = 8
SIZES = {"30 / 32 / 32": (30, 32, 32), "100 / 64 / 64": (100, 64, 64)}  # time steps / hidden / batch


@dataclass(frozen=True)
class Contestant:
    """A library as a contestant.

    per_core    whether it runs a process with one thread on each core, or one process with all threads
    steps       of training a run has, by size: as many as give some seconds
    """

    name: str
    title: str
    needs: str
    per_core: bool
    steps: dict[str, int]


CONTESTANTS = (
    Contestant(SUITE, "this suite", "tensorflow", True, {"30 / 32 / 32": 400, "100 / 64 / 64": 50}),
    Contestant("jax_scan", "JAX vmap + scan", "jax", True, {"30 / 32 / 32": 400, "100 / 64 / 64": 50}),
    Contestant("pytorch_loop", "PyTorch loop", "torch", True, {"30 / 32 / 32": 100, "100 / 64 / 64": 25}),
    Contestant("keras_compiled", "Keras compiled", "keras", True, {"30 / 32 / 32": 200, "100 / 64 / 64": 25}),
    Contestant("keras_fit", "Keras fit", "keras", False, {"30 / 32 / 32": 100, "100 / 64 / 64": 25}),
)


def run(contestant: Contestant, workload: Workload, cores: list[int]) -> Timing:
    """One run on all cores: the slowest process of each figure, since a user waits for it."""
    processes = []
    groups = [[core] for core in cores] if contestant.per_core else [cores]
    mine = replace(workload, trials=workload.trials // len(groups))
    for group in groups:
        command = [sys.executable, "-m", f"tests.performance.contestants.{contestant.name}", json.dumps(asdict(mine))]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"} if contestant.per_core else {})}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        os.sched_setaffinity(process.pid, group)
        processes.append(process)
    for process in processes:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{contestant.title} failed on {workload}")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    timings = [Timing(**json.loads(process.communicate()[0])) for process in processes]
    return Timing(*(max(getattr(timing, name) for timing in timings) for name in ("startup", "compiling", "training")))


def size_name(workload: Workload) -> str:
    return f"{workload.length} / {workload.hidden} / {workload.batch}"


def milliseconds(workload: Workload, timing: Timing) -> float:
    """Of the whole machine, for one training step of one trial."""
    return 1000 * timing.training / (workload.trials * workload.steps)


def main(
    repeats: Annotated[int, typer.Option(min=1, help="Interleaved repeats of every contestant.")] = 3,
    model: Annotated[list[str] | None, typer.Option(help="Only these models.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Time this suite against its peers; what is not installed is left out and said so."""
    cores = sorted(os.sched_getaffinity(0))
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 160)
    present = [contestant for contestant in CONTESTANTS if importlib.util.find_spec(contestant.needs)]
    for contestant in CONTESTANTS:
        if contestant not in present:
            console.print(f"{contestant.title} is left out: {contestant.needs} is not installed; .venv/bin/pip install --editable '.[peers]' installs it")
    rates = Rates(**json.loads(subprocess.run([sys.executable, "-m", "tests.performance.limit"], cwd=ROOT, capture_output=True, text=True, check=True).stdout))
    console.print(f"{len(cores)} cores; of one: {rates.flops / 1e9:.0f} GFLOP/s in products, {rates.transcendentals / 1e9:.2f} G tanh/s")
    table = Table("steps / hidden / batch", "model", "contestant", "ms", "spread", "of the limit", "suite is faster by", "start-up s", "compiling s")
    rows = []
    for length, hidden, batch in SIZES.values():
        for name in model or ["rnn", "lstm", "gru"]:
            workload = Workload(name, length, hidden, batch, TRIALS_PER_CORE * len(cores), 0)
            workloads = {contestant.name: replace(workload, steps=contestant.steps[size_name(workload)]) for contestant in present}
            timings: dict[str, list[Timing]] = {contestant.name: [] for contestant in present}
            for _ in range(repeats):
                for contestant in present:
                    timings[contestant.name].append(run(contestant, workloads[contestant.name], cores))
            limit = 1000 * seconds_per_trial_step(workload, rates) / len(cores)
            costs = {contestant.name: [milliseconds(workloads[contestant.name], timing) for timing in timings[contestant.name]] for contestant in present}
            for contestant in present:
                cost = median(costs[contestant.name])
                ratio = median(other / mine for other, mine in zip(costs[contestant.name], costs[SUITE], strict=True))
                startup, compiling = (median(getattr(timing, part) for timing in timings[contestant.name]) for part in ("startup", "compiling"))
                rows.append(
                    {
                        "size": size_name(workload),
                        "model": name,
                        "contestant": contestant.name,
                        "milliseconds": costs[contestant.name],
                        "limit_milliseconds": limit,
                        "ratio": ratio,
                        "startup_seconds": startup,
                        "compiling_seconds": compiling,
                    }
                )
                spread = f"{min(costs[contestant.name]):.3f} - {max(costs[contestant.name]):.3f}"
                faster = "" if contestant.name == SUITE else f"{ratio:.1f}x"
                table.add_row(
                    size_name(workload), name, contestant.title, f"{cost:.3f}", spread, f"{limit / cost:.0%}", faster, f"{startup:.1f}", f"{compiling:.1f}"
                )
                console.print(f"  {size_name(workload)} {name} {contestant.title}: {cost:.3f} ms {faster}")
    if as_json:
        print(json.dumps({"cores": len(cores), "rates": asdict(rates), "trials": TRIALS_PER_CORE * len(cores), "rows": rows}, indent=2))
    else:
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
