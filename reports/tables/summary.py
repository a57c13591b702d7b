"""A benchmark in a few figures and one table: for the end of a run, and for its note in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unvanish.reports.markdown import literal
from unvanish.reports.statistics.success import ran, success
from unvanish.reports.tables.answer import answer
from unvanish.reports.tables.failures import failures, solved_of

if TYPE_CHECKING:
    import pandas as pd

    from unvanish.reports.benchmark import Benchmark


def totals(benchmark: Benchmark) -> dict[str, float]:
    """Figures of the benchmark as a whole: n_trials and n_solved of its evaluation trials that were run; n_failed and hours of all trials."""
    return {
        "n_trials": len(ran(benchmark.evaluated)),
        "n_solved": int((benchmark.evaluated.outcome == "solved").sum()),
        "n_failed": int((benchmark.trials.status == "failed").sum()),
        "hours": trained_seconds(benchmark.trials) / 3600,
    }


def trained_seconds(trials: pd.DataFrame) -> float:
    """The seconds of all trials that were trained; copies took none."""
    return float(trials.seconds[trials.copy_of == ""].sum())


def heading(benchmark: Benchmark) -> str:
    """The title of `solved_matrix`."""
    lags = ", ".join(f"{task} {lag}" for task, lag in benchmark.plan.longest_lags.items())
    return f"Solved of tried at each task's hardest lag ({lags})"


def solved_matrix(benchmark: Benchmark) -> list[list[str]]:
    """Header and a row a model: how many evaluation trials of how many solved their task at its hardest lag, under each mitigation.

    `failed` where no trial could be run, `-` where the mitigation has no meaning for the model, `.` where nothing has been trained yet.
    """
    profile, evaluated = benchmark.plan.profile, benchmark.evaluated
    at_hardest = evaluated[evaluated.lag == evaluated.task.map(benchmark.plan.longest_lags)]
    groups = dict(iter(at_hardest.groupby(["model", "mitigation"])))
    planned = {(condition.model, condition.mitigation) for condition in benchmark.plan.conditions}

    def cell(model: str, mitigation: str) -> str:
        if (model, mitigation) in groups:
            counts = success(groups[model, mitigation])
            return solved_of(counts["n_solved"], counts["n_trials"], counts["n_failed"])
        return "." if (model, mitigation) in planned else "-"

    rows = [[benchmark.plan.shown_name(model), *(cell(model, mitigation) for mitigation in profile.mitigations)] for model in profile.models]
    return [["model", *profile.mitigations], *rows]


def markdown(benchmark: Benchmark) -> str:
    """The answer, `solved_matrix` with its heading, and why trials could not be run, in Markdown."""
    matrix = solved_matrix(benchmark)
    head, *rows = ["| " + " | ".join(map(literal, row)) + " |" for row in matrix]
    table = [f"{literal(heading(benchmark))}:", "", head, "|" + " --- |" * len(matrix[0]), *rows]
    sentences = [f"- {literal(sentence.text)}" for sentence in answer(benchmark)]
    return "\n".join([*sentences, "", *table, *(f"\n{literal(sentence)}" for sentence in failures(benchmark.trials))])
