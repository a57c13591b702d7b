"""`make scale`: seconds and memory of plan, resume check, report and pages for 1,000, 10,000 and 100,000 trials, with the exponents.

A trial is an evaluation trial, which has a run of its own; of each condition there are three, and six tuning trials besides, which have rows in the
tables only. Nothing is trained: `tests.support.synthetic_store` writes the store.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import psutil
import typer
from rich.console import Console
from rich.table import Table
from scipy.stats import linregress

from tests.performance.peers import ROOT
from tests.support.serving import serving
from tests.support.states import finished

UNVANISH = [sys.executable, "-c", "from unvanish.suite.cli import main; main()"]
TASKS = {"first_symbol": 1, "temporal_order": 10, "adding": 2, "copy_memory": 1, "exercise_schedule": 1}  # with the shortest lag that is taken
MODELS = ("rnn", "lstm", "gru", "min_gru", "ind_rnn", "feedforward")
PLAIN = ("none", "truncated_bptt", "relu", "rmsprop", "adam", "frozen")
CLIPPED = ("", "+rmsprop", "+adam", "+orthogonal")
PARTS = ("plan", "resume", "read", "report", "ui", "search")


@dataclass(frozen=True)
class Size:
    """The numbers of tasks, of their lags, of models, and of thresholds at which the gradient is clipped, each with those of `CLIPPED`."""

    tasks: int
    lags: int
    models: int
    thresholds: int


SIZES = {1_000: Size(2, 4, 3, 3), 10_000: Size(4, 6, 4, 8), 100_000: Size(5, 10, 6, 26)}


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds on the clock and of the processor, and its largest memory in MB."""

    seconds: float
    cpu: float
    megabytes: float


def profile(size: Size) -> str:
    """A profile in TOML with so many conditions."""
    clipped = [f"gradient_clipping(threshold={2.0**power:g}){other}" for power in range(-3, size.thresholds - 3) for other in CLIPPED]
    tasks = [
        f'[[task]]\nname = "{name}"\nlags = {[first + 2 * index for index in range(size.lags)]}'  #
        for name, first in list(TASKS.items())[: size.tasks]
    ]
    return "\n".join(
        [
            'description = "nothing is trained"',
            f"models = {json.dumps(MODELS[: size.models])}",
            f"mitigations = {json.dumps([*PLAIN, *clipped])}",
            "hidden_size = 32\nbatch_size = 32\nsteps = 1000\nevaluate_every = 50",
            "validation_sequences = 256\ntest_sequences = 1024\nprobe_sequences = 32",
            "tuning_seeds = [1, 2]\nevaluation_seeds = [101, 102, 103]",
            "[learning_rates]\ncount = 3\nratio = 5.0\nsgd = 0.2\nrmsprop = 0.002\nadam = 0.002",
            *tasks,
        ]
    )


def run(command: list[str]) -> Cost:
    """Run a command to its end; raises `CalledProcessError` where it fails."""
    started = perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Cost(perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def part(name: str, *arguments: object) -> list[str]:
    """The command that runs one of the functions below in a process of its own."""
    return [sys.executable, "-m", "tests.performance.scale", "--part", name, *map(str, arguments)]


def write(folder: Path) -> None:
    """Write the store of the profile in the folder."""
    from tests.support.synthetic_store import write_store
    from unvanish.suite.experiment.plan import load_plan

    write_store(load_plan(str(folder / "scale.toml")), folder)


def resume(folder: Path) -> None:
    """Look which conditions are done, as `unvanish run` does before it trains."""
    from unvanish.suite.experiment.plan import load_plan
    from unvanish.suite.tracking import Tracker, default_uri

    plan = load_plan(str(folder / "scale.toml"))
    pending = plan.without(finished(Tracker(default_uri(folder), folder)))
    if pending.cohorts:
        sys.exit(f"{len(pending.conditions)} conditions are not done")


def read(folder: Path) -> None:
    """Read the benchmark back."""
    from unvanish.suite.tracking import default_uri
    from unvanish.suite.tracking import read as read_benchmark

    read_benchmark(default_uri(folder))


def measure_ui(folder: Path) -> tuple[Cost, Cost]:
    """Start `unvanish ui`; the costs until it answers, and of the search that its first view makes."""
    started = perf_counter()
    with serving([*UNVANISH, "ui", "--output", folder]) as (server, address):
        start = Cost(perf_counter() - started, *used(server))
        experiments = {entry["name"]: entry["experiment_id"] for entry in ask(address, "experiments/search", {"max_results": 10})["experiments"]}
        started, before = perf_counter(), used(server)[0]  # what is loaded at the first request is not the search
        order = {"order_by": ["metrics.`success_rate` DESC"], "max_results": 100, "run_view_type": "ACTIVE_ONLY"}
        ask(address, "runs/search", {"experiment_ids": [experiments["unvanish/conditions"]], **order})
        seconds, (cpu, memory) = perf_counter() - started, used(server)
        return start, Cost(seconds, cpu - before, memory)


def used(server: subprocess.Popen[str]) -> tuple[float, float]:
    """Processor seconds of a process and all that it started, and their memory in MB, together."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes), sum(process.memory_info().rss for process in processes) / 2**20


def ask(address: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of MLflow's server."""
    request = urllib.request.Request(f"{address}/ajax-api/2.0/mlflow/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def measure(trials: int, folder: Path, console: Console) -> dict[str, Any]:
    """Write a store of about so many trials and measure everything with it."""
    from unvanish.suite.experiment.plan import load_plan

    given = folder / "scale.toml"
    given.write_text(profile(SIZES[trials]), encoding="utf-8")
    plan = load_plan(str(given))
    counts = plan.record().counts
    console.print(f"{counts.evaluation_trials} trials of {counts.conditions} conditions in {folder}")
    costs = {}
    if not (folder / "mlflow.db").exists():  # one that was kept can be measured again
        run(part("write", folder))
    commands = {
        "plan": [*UNVANISH, "plan", str(given)],
        "resume": part("resume", folder),
        "read": part("read", folder),
        "report": [*UNVANISH, "report", "--output", str(folder)],
    }
    for name, command in commands.items():
        costs[name] = run(command)
        console.print(f"  {name}: {costs[name].seconds:.1f} s, {costs[name].cpu:.1f} s of the processor, {costs[name].megabytes:.0f} MB")
    costs["ui"], costs["search"] = measure_ui(folder)
    sizes = {"page": (folder / "report.html").stat().st_size / 1e6, "database": (folder / "mlflow.db").stat().st_size / 1e6}
    console.print(f"  ui: {costs['ui'].cpu:.1f} s; search: {costs['search'].cpu:.1f} s; page {sizes['page']:.1f} MB, database {sizes['database']:.0f} MB")
    return {
        "trials": counts.evaluation_trials,
        "conditions": counts.conditions,
        "tuning_trials": counts.tuning_trials,
        "costs": {name: asdict(cost) for name, cost in costs.items()},
        "megabytes": sizes,
    }


def exponent(trials: list[int], values: list[float]) -> float:
    """The power of the number of trials by which a figure grows: the slope of both in logarithms."""
    return float(linregress(np.log(trials), np.log(values)).slope)


def main(
    trials: Annotated[list[int] | None, typer.Option(help="About how many trials: 1000, 10000 or 100000.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to keep the figures, as JSON.")] = None,
    keep: Annotated[Path | None, typer.Option(help="A folder to keep the stores in; they are removed without it.")] = None,
    run_part: Annotated[str | None, typer.Option("--part", hidden=True)] = None,
    folder: Annotated[Path | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Write stores in which nothing was trained, and measure what is done with them."""
    if run_part and folder:
        {"write": write, "resume": resume, "read": read}[run_part](folder)
        return
    console = Console()
    measured = []
    for count in trials or SIZES:
        here = keep / str(count) if keep else Path(tempfile.mkdtemp(prefix="unvanish-scale-"))
        here.mkdir(parents=True, exist_ok=True)
        try:
            measured.append(measure(count, here, console))
        finally:
            if not keep:
                shutil.rmtree(here)
    table = Table("part", *(f"{entry['trials']:,}" for entry in measured), "exponent")
    for name in PARTS:
        seconds = [entry["costs"][name]["cpu"] for entry in measured]
        cells = [f"{entry['costs'][name]['cpu']:.1f} s, {entry['costs'][name]['megabytes']:.0f} MB" for entry in measured]
        table.add_row(name, *cells, f"{exponent([entry['trials'] for entry in measured], seconds):.2f}" if len(measured) > 1 else "")
    for name in ("page", "database"):
        table.add_row(name, *(f"{entry['megabytes'][name]:.1f} MB" for entry in measured), "")
    console.print(table)
    if output:
        output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
