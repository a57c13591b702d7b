"""A condition and a trial as MLflow holds them: params to group by, metrics, and a note."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import pandas as pd

from unvanish.reports.markdown import code_block, literal
from unvanish.reports.statistics.rows import arrays
from unvanish.reports.tables.conditions import USED, condition_row
from unvanish.suite.experiment.plan import Condition, planned_condition
from unvanish.suite.experiment.trial import Result
from unvanish.suite.experiment.tuning import STOPPED
from unvanish.suite.tables.measurements import measurements_of

COUNTS = ("n_trials", "n_solved", "n_failed")
METRICS = (*COUNTS, "success_rate", "success_low", "success_high", "score", "steps_to_solved", "parameters", "learning_rate")


def params(condition: Condition) -> dict[str, Any]:
    """Return the settings of a condition as text and numbers, defaults included, to group and filter by."""
    return {
        "task": condition.task.name,
        "lag": condition.lag,
        "model": condition.model,
        "mitigation": condition.mitigation,
        "hidden_size": condition.budget.hidden_size,
        "batch_size": condition.budget.batch_size,
        "steps": condition.budget.steps,
        **{what.replace(" ", "_"): by for what, by in condition.mitigations.replacements.items()},
        **condition.mitigations.parameters,
        **{f"task.{name}": value for name, value in condition.task.parameters.items() if name not in condition.task.derived},
    }


def statistics(condition: Condition, trials: pd.DataFrame) -> dict[str, Any]:
    """The row of a condition in the table of conditions, from the rows of its trials; see `unvanish.reports.tables.conditions.condition_row`."""
    evaluated, tuned = (arrays(trials.loc[trials.phase == phase, USED]) for phase in ("evaluate", "tune"))
    return condition_row(planned_condition(condition), condition.rates, condition.task.baseline_loss, evaluated, tuned)


def search_params(row: Mapping[str, Any]) -> dict[str, Any]:
    """The search for the learning rate as params: the one chosen, those tried, and why no further one was; nothing where trials failed to run."""
    if not row.get("search_stopped"):
        return {}
    return {"chosen_learning_rate": row["learning_rate"]} | {name: row[name] for name in ("rates_tried", "lowest_rate", "highest_rate", "search_stopped")}


def metrics(row: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a condition over its evaluation trials, from its row; those that are not finite are not logged."""
    return {name: row.get(name, nan) for name in METRICS}


def cause(row: Mapping[str, Any]) -> tuple[str, int]:
    """The most frequent cause of the trials that did not solve their task, and their number; `failed to run` where none was run."""
    if not row["n_trials"]:
        return "failed to run", row["n_failed"]
    unsolved = row["n_trials"] - row["n_solved"]
    return (row["cause"], row["n_cause"]) if row["n_cause"] else ("all solved", unsolved)


def note(condition: Condition, row: Mapping[str, Any], command: str) -> str:
    """Describe a condition, its results, and the command that runs it again, in Markdown."""
    task = condition.task
    lines = [f"**{literal(condition.model)}** with **{literal(condition.mitigation)}** on **{literal(task.name)}**, lag {task.lag}: {literal(task.summary)}."]
    lines += [f"{row['n_failed']} evaluation trials could not be run, and show nothing: {literal(row['failure'])}"] if row["n_failed"] else []
    lines += result_lines(row) if row["n_trials"] else []
    lines += [f"{literal(condition.no_gradient)}."] if condition.no_gradient else []
    return "\n\n".join([*lines, f"Run it again:\n\n{code_block(command)}"])


def result_lines(row: Mapping[str, Any]) -> list[str]:
    """Describe the results of the evaluation trials of a condition that were run."""
    most, n_most = cause(row)
    stopped = row.get("search_stopped")
    return [
        f"Solved in **{row['n_solved']} of {row['n_trials']}** evaluation trials, 95 % interval "
        f"{row['success_low']:.2f} to {row['success_high']:.2f} (Wilson); median score {row['score']:.2f}, "
        "where 0 is what needs no memory and 1 is perfect. "
        f"Learning rate {row['learning_rate']:g}" + (f", of {row['rates_tried']} that were tried: {STOPPED[stopped]}." if stopped else "."),
        f"Diagnoses: {row['diagnoses']}." + (f" Most frequent cause of what was not solved: {most} ({n_most})." if n_most else ""),
    ]


def trial_metrics(result: Result) -> dict[str, float]:
    """The figures of an evaluation trial at its end."""
    trial, trained = result.trial, result.trained
    measured: dict[str, float | None] = {"test/score": result.score, "solved_at": result.solved_at, "onset_step": result.diagnosis.onset_step}
    if trained:
        measured |= {
            "test/loss": trained.loss,
            f"test/{trial.condition.task.metric}": trained.metric,
            "gradient/max_norm": trained.max_gradient_norm,
            "gradient/clipped_share": trained.clipped_share,
            "diverged_at": trained.diverged_at,
        }
    return {name: value for name, value in measured.items() if value is not None}


def trial_curves(result: Result) -> dict[str, tuple[Any, Any]]:
    """The curves of an evaluation trial: steps and values by name.

    `probe/gradient_reaching` is the gradient with respect to the state at the information's step, relative to that at the end.
    """
    trained = result.trained
    if trained is None:
        return {}
    curve, probes = trained.curve, trained.probes
    curves: Mapping[str, Any] = {
        "train/loss": curve.training_loss,
        "validation/loss": curve.loss,
        "validation/score": curve.score,
        "gradient/norm": curve.gradient_norm,
    }
    measured = {f"probe/{name}": values for name, values in probes.figures.items()}
    if probes.gradients:
        measured["probe/gradient_reaching"] = measurements_of(trained).reaching(result.trial.condition.task.information_distance).value
    return {name: (curve.step, values) for name, values in curves.items()} | {name: (probes.step, values) for name, values in measured.items()}
