"""`unvanish plan`: what a profile would train, before any time is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli.list import list_
from suite.cli.options import Json
from suite.cli.terminal import console, print_json, print_table

if TYPE_CHECKING:
    from suite.plan import Plan


def plan(
    profile: Annotated[str | None, typer.Argument(help="A profile's name or a TOML file; without it, the profiles are listed.")] = None,
    as_json: Json = False,
) -> None:
    """Show the conditions and trials of a profile, what is not applicable, and where no gradient reaches the information."""
    if profile is None:
        return list_("profiles")
    from suite.plan import make_plan
    from suite.profile import load

    planned = make_plan(load(profile))
    if as_json:
        return print_json(planned.summary())
    print_plan(planned)


def print_plan(planned: Plan) -> None:
    from suite.plan import group_reasons

    profile, terminal = planned.profile, console()
    terminal.print(f"[bold]{profile.name}[/bold]: {profile.description}")
    rows = []
    for cohort in planned.cohorts:
        by_name = {condition.mitigation: condition for condition in cohort.conditions}
        marks = [("not applicable" if name not in by_name else "no gradient" if by_name[name].no_gradient else "yes") for name in profile.mitigations]
        rows.append([cohort.task.name, str(cohort.task.lag), cohort.model, *marks])
    print_table(["task", "lag", "model", *profile.mitigations], rows, to=terminal)
    summary = planned.summary()
    for line in group_reasons(summary["not_applicable"], "reason"):
        terminal.print(f"  not applicable: {line}")
    for line in group_reasons([entry for entry in summary["conditions"] if entry["no_gradient"]], "no_gradient"):
        terminal.print(f"  {line}")
    counts = summary["counts"]
    terminal.print(
        f"\n{counts['conditions']} conditions in {counts['cohorts']} cohorts: "
        f"{counts['tuning_trials']} tuning trials over {profile.learning_rates.count} learning rates, "
        f"{counts['evaluation_trials']} evaluation trials; MLflow will hold {counts['runs']} runs."
    )
