"""`unvanish plan`: what a profile would train, before any time is spent."""

from __future__ import annotations

import os
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.list import list_
from unvanish.suite.cli.options import Json, Plugin
from unvanish.suite.cli.terminal import console, print_json, print_table, styled

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan import Plan


WIDTH = 80


def plan(
    profile: Annotated[str | None, typer.Argument(help="A profile's name or a TOML file; without it, the profiles are listed.")] = None,
    as_json: Json = False,
    plugin: Plugin = None,
) -> None:
    """Show the conditions and trials of a profile, what is not applicable, and where no gradient reaches the information."""
    if profile is None:
        return list_("profiles")
    from unvanish.suite.contracts.before_training import check_plan
    from unvanish.suite.experiment.plan import load_plan

    planned = load_plan(profile)
    check_plan(planned)
    if as_json:
        return print_json({**planned.record().model_dump(), "data": data_of(planned)})
    print_plan(planned)


def print_plan(planned: Plan) -> None:
    """Print what would be trained, in 80 columns: a row a mitigation, a column a model."""
    from unvanish.suite.cli.display import in_minutes
    from unvanish.suite.execution.forecast import expected_seconds, speed
    from unvanish.suite.execution.memory import peak_bytes
    from unvanish.suite.experiment.plan_record import group_reasons
    from unvanish.tasks.machine import gib, memory_bytes

    profile, terminal = planned.profile, console(WIDTH)
    terminal.print(styled((profile.name, "bold"), f": {profile.description}"))
    for entry in profile.task:
        terminal.print(f"  {entry.name}: lag {', '.join(map(str, entry.lags))}; {entry.steps or profile.steps} steps")
    print_data(planned)
    record = planned.record()
    planned_of = Counter((entry.model, entry.mitigation) for entry in record.conditions)
    without_gradient = Counter((entry.model, entry.mitigation) for entry in record.conditions if entry.no_gradient is not None)
    rows = [[name, *(cell(planned_of[model, name], without_gradient[model, name]) for model in profile.models)] for name in profile.mitigations]
    print_table(["conditions", *map(record.shown_name, profile.models)], rows, to=terminal)
    for line in group_reasons(record.not_applicable, "reason"):
        terminal.print(f"  - not applicable: {line}")
    for line in group_reasons([condition for condition in record.conditions if condition.no_gradient], "no_gradient"):
        terminal.print(f"  * {line}")
    counts, rates = record.counts, profile.learning_rates
    grows = counts.most_tuning_trials > counts.tuning_trials
    tuned = f"{counts.tuning_trials} to {counts.most_tuning_trials}" if grows else f"{counts.tuning_trials}"
    over = f"{rates.count} learning rates, up to {rates.most} where the best one is at an edge" if grows else f"{rates.count} learning rates"
    trials = f"{counts.trials} to {counts.most_trials}" if grows else f"{counts.trials}"
    terminal.print(
        f"\n{counts.conditions} conditions in {counts.cohorts} cohorts, {trials} trials: {tuned} tuning trials over {over}; "
        f"{counts.evaluation_trials} evaluation trials. MLflow will hold {counts.runs} runs."
    )
    workers = min(len(os.sched_getaffinity(0)), len(planned.cohorts))
    measured = speed()
    if measured:
        fewest, most = map(in_minutes, expected_seconds(planned, measured, workers))
        about = f"{fewest} to {most}" if fewest != most else fewest
        terminal.print(f"About {about} on {workers} workers of this machine, by {measured.source}.")
    peak, largest = peak_bytes(planned.cohorts, workers)
    there = f", and this machine has {gib(memory_bytes())}" if peak > memory_bytes() else ""
    terminal.print(f"At most about {ceil(peak / (1 << 30) * 10) / 10:.1f} GiB of memory a worker ({largest.label}){there}.")


def data_of(planned: Plan) -> dict[str, dict[int, tuple[str, ...]]]:
    """Return by task and lag how recorded data were read, and what is to be beaten: a line each."""
    from unvanish.tasks.recorded import RecordedTask

    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for task in dict.fromkeys(cohort.task for cohort in planned.cohorts):
        if isinstance(task, RecordedTask):
            found.setdefault(task.name, {})[task.lag] = task.account
    return found


def print_data(planned: Plan) -> None:
    """Print how recorded data were read; of further lags what is other than at the first."""
    terminal = console(WIDTH)
    for name, by_lag in data_of(planned).items():
        terminal.print(styled((f"\nthe data of {name}", "bold")))
        told: set[str] = set()
        for lag, lines in by_lag.items():
            for line in lines:
                if line not in told:
                    terminal.print(f"  - {f'lag {lag}: ' if told and lag != next(iter(by_lag)) else ''}{line}")
            told |= set(lines)


def cell(conditions: int, without: int) -> str:
    """Write the number of conditions of a model with a mitigation; `6, 3*`: three of the six without a gradient from the information's step."""
    return (f"{conditions}, {without}*" if without else str(conditions)) if conditions else "-"
