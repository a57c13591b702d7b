"""What a benchmark found, in a few lines: for the end of a run, and for its note in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unvanish.suite.cli.terminal import console, print_table

if TYPE_CHECKING:
    from unvanish.reports.dataset import Dataset


def print_results(data: Dataset) -> None:
    """The results as a table on standard output; what else a run says at its end goes below it."""
    rows = matrix(data)
    if len(rows) > 1:
        terminal = console()
        terminal.print(heading(data), markup=False)
        print_table(rows[0], rows[1:], to=terminal)


def in_markdown(data: Dataset) -> str:
    rows = matrix(data)
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"{heading(data)}:", "", head, "|" + " --- |" * len(rows[0]), *rest])


def heading(data: Dataset) -> str:
    lags = ", ".join(f"{task} {lag}" for task, lag in hardest_lags(data).items())
    return f"Solved of tried at each task's hardest lag ({lags})"


def totals(data: Dataset) -> dict[str, float]:
    """Figures of the benchmark as a whole."""
    trials = data.trials
    evaluated = trials[trials.phase == "evaluate"]
    return {
        "n_trials": len(evaluated),
        "n_solved": int((evaluated.outcome == "solved").sum()),
        "n_failed": int((trials.status == "failed").sum()),
        "hours": float(trials.seconds.sum()) / 3600,
    }


def hardest_lags(data: Dataset) -> dict[str, int]:
    """The longest lag of each task that the plan has."""
    hardest: dict[str, int] = {}
    for entry in data.plan["tasks"]:
        hardest[entry["task"]] = max(entry["lag"], hardest.get(entry["task"], 0))
    return hardest


def matrix(data: Dataset) -> list[list[str]]:
    """Header and a row a model: how many evaluation trials of how many solved their task at its hardest lag, under each mitigation.

    `-` where the mitigation has no meaning for the model, `.` where nothing has been trained yet.
    """
    profile, trials = data.plan["profile"], data.trials
    hardest = hardest_lags(data)
    at_hardest = trials[(trials.phase == "evaluate") & (trials.lag == trials.task.map(hardest))]
    planned = {(entry["model"], entry["mitigation"]) for entry in data.plan["conditions"]}

    def cell(model: str, mitigation: str) -> str:
        of_cell = at_hardest[(at_hardest.model == model) & (at_hardest.mitigation == mitigation)]
        if len(of_cell):
            return f"{int((of_cell.outcome == 'solved').sum())}/{len(of_cell)}"
        return "." if (model, mitigation) in planned else "-"

    rows = [[model, *(cell(model, mitigation) for mitigation in profile["mitigations"])] for model in profile["models"]]
    return [["model", *profile["mitigations"]], *rows]
