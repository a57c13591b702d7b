"""What MLflow is told of a condition and of a trial: params to group by, figures, and a note in words."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from unvanish.suite.experiment.plan import Condition
from unvanish.suite.experiment.trial import Result


def params(condition: Condition) -> dict[str, Any]:
    """All that defines a condition as plain words and numbers, defaults included, so that one can group and filter by any."""
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


def rate_at_edge(rates: Sequence[float], chosen: float) -> Literal["lowest", "highest", ""]:
    """At which end of its grid the chosen rate lies, where a rate beyond might have been better; nothing for a failed condition."""
    if len(rates) < 2:
        return ""
    return "lowest" if chosen == min(rates) else "highest" if chosen == max(rates) else ""


def causes(evaluated: Sequence[Result]) -> tuple[str, int]:
    """The most frequent cause of the trials that did not solve their task, and their number; of equals, the first in the alphabet."""
    counts = Counter(result.diagnosis.cause or "failed to run" for result in evaluated if result.diagnosis.outcome != "solved")
    return min(counts.items(), key=lambda item: (-item[1], item[0]), default=("all solved", 0))


def words(evaluated: Sequence[Result]) -> str:
    """How many trials have which diagnosis, the most frequent first."""
    return ", ".join(f"{count} {word}" for word, count in Counter(result.diagnosis.word for result in evaluated).most_common())


def figures(evaluated: Sequence[Result]) -> dict[str, float]:
    """The figures of a condition over its evaluation trials; those that are not finite are not logged.

    success_low, success_high   Wilson's interval, 95 %
    score, seconds, ms_per_step   medians; a trial's seconds are its share of what its cohort took
    steps_to_solved             median, a trial that never solved its task counted as later than any
    """
    from scipy.stats import binomtest

    condition = evaluated[0].trial.condition
    n_solved, n_trials = sum(result.diagnosis.outcome == "solved" for result in evaluated), len(evaluated)
    interval = binomtest(n_solved, n_trials).proportion_ci(0.95, method="wilson")
    seconds = float(np.median([result.trained.seconds if result.trained else np.nan for result in evaluated]))
    return {
        "n_trials": n_trials,
        "n_solved": n_solved,
        "success_rate": n_solved / n_trials,
        "success_low": float(interval.low),
        "success_high": float(interval.high),
        "score": float(np.median([result.score for result in evaluated])),
        "steps_to_solved": float(np.quantile([np.inf if r.solved_at is None else r.solved_at for r in evaluated], 0.5, method="inverted_cdf")),
        "seconds": seconds,
        "ms_per_step": 1000 * seconds / condition.budget.steps,
        "parameters": condition.parameters,
        "learning_rate": evaluated[0].trial.learning_rate,
    }


def note(evaluated: Sequence[Result], command: str) -> str:
    """What the condition is, what became of it, and the command that runs it again, in Markdown."""
    condition, found = evaluated[0].trial.condition, figures(evaluated)
    cause, n_cause = causes(evaluated)
    edge = rate_at_edge(condition.learning_rates, evaluated[0].trial.learning_rate)
    lines = [
        f"**{condition.model}** with **{condition.mitigation}** on **{condition.task.name}**, lag {condition.lag}: {condition.task.summary}.",
        f"Solved in **{found['n_solved']:g} of {found['n_trials']:g}** evaluation trials, 95 % interval "
        f"{found['success_low']:.2f} to {found['success_high']:.2f} (Wilson); median score {found['score']:.2f}, "
        "where 0 is what needs no memory and 1 is perfect. "
        f"Learning rate {found['learning_rate']:g}" + (f", the {edge} of its grid: a rate beyond it may be better." if edge else "."),
        f"Diagnoses: {words(evaluated)}." + (f" Most frequent cause of what was not solved: {cause} ({n_cause})." if n_cause else ""),
    ]
    lines += [f"{condition.no_gradient}."] if condition.no_gradient else []
    return "\n\n".join([*lines, f"Run it again:\n\n```\n{command}\n```"])


def command_for(condition: Condition, benchmark_command: str) -> str:
    """The command that trains one condition anew, from the one that ran the benchmark; that one itself where it was not `run`."""
    given = shlex.split(benchmark_command)
    if given[1:2] != ["run"]:
        return benchmark_command
    profile = given[2] if len(given) > 2 and not given[2].startswith("-") else "PROFILE"
    chosen = f"task={condition.task.name},lag={condition.lag},model={condition.model},mitigation={condition.mitigation}"
    return shlex.join(["unvanish", "run", profile, "--select", chosen, "--fresh"])


def trial_figures(result: Result) -> dict[str, float]:
    """The figures of an evaluation trial at its end."""
    trial, trained = result.trial, result.trained
    found: dict[str, float | None] = {"test/score": result.score, "solved_at": result.solved_at, "onset_step": result.diagnosis.onset_step}
    if trained:
        found |= {
            "test/loss": trained.loss,
            f"test/{trial.condition.task.metric}": trained.metric,
            "gradient/max_norm": trained.max_gradient_norm,
            "gradient/clipped_share": trained.clipped_share,
            "diverged_at": trained.diverged_at,
            "seconds": trained.seconds,
        }
    return {name: value for name, value in found.items() if value is not None}


def trial_curves(result: Result) -> dict[str, tuple[Any, Any]]:
    """What happened while an evaluation trial trained: steps and values by name.

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
        measured["probe/gradient_reaching"] = probes.reaching(result.trial.condition.task.information_distance)
    return {name: (curve.step, values) for name, values in curves.items()} | {name: (probes.step, values) for name, values in measured.items()}
