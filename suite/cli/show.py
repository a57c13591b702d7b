"""`unvanish show`: one sequence of a task, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from unvanish.suite.cli.list import list_
from unvanish.suite.cli.options import Plugin, ResultsWithPlugins, find_plugins_of
from unvanish.suite.cli.terminal import console, print_table, styled
from unvanish.tasks import METRICS


def show(
    task: Annotated[str | None, typer.Argument(help="A task; without it, the tasks are listed.")] = None,
    lag: Annotated[int | None, typer.Option(help="Steps between the information and its use.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another sequence.")] = 0,
    output: ResultsWithPlugins = None,
    plugin: Plugin = None,
) -> None:
    """Print one sequence of a task, its target and what is scored."""
    if task is None:
        return list_("tasks", output=output)
    find_plugins_of(output, needed=[("TASK", task.partition(":")[0])])
    from unvanish.suite.experiment.profile import make_task

    chosen = make_task(task, lag)
    steps = chosen.describe_steps(chosen.sample(1, "example", seed), 0)
    terminal = console()
    terminal.print(styled((chosen.name, "bold"), f": {chosen.summary}; lag {chosen.lag}, {chosen.length} steps ({chosen.reference})"))
    print_table(
        ["step", "input", "target", "scored"], [[str(i), step.input, step.target, "*" if step.scored else ""] for i, step in enumerate(steps)], to=terminal
    )
    terminal.print(
        f"Scored: {chosen.metric_label} at the steps marked *. Without memory at best {chosen.baseline_metric:.3f} "
        f"(loss {chosen.baseline_loss:.4f}); solved at {METRICS[chosen.metric].sign(meets=True)} {chosen.solved_at_metric:g}."
    )
