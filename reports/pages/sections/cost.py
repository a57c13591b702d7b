"""The cost of a cure: parameters and time of a network, steps and seconds until the task is solved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.figure import longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.suite.experiment.roles import CONTROL


def content(data: Excerpt) -> Content | None:
    """Return steps and seconds to the solution, parameters and time a step; None where no trial was timed."""
    timed = data.trials[data.trials.seconds.notna() & (data.trials.copy_of == "")]
    if timed.empty:
        return None
    every = data.plan.profile.evaluate_every
    trained = timed.steps.where(
        timed.diverged_at.isna(), np.ceil(timed.diverged_at.astype(float) / every) * every
    )  # a trial that diverges leaves after its block
    step = ordered(longest_lags(timed.assign(milliseconds=1000 * timed.seconds / trained)), data)
    networks = step.groupby(["task", "lag", "model"], sort=False).agg(
        hidden_size=("hidden_size", "first"), parameters=("parameters", "first"), milliseconds=("milliseconds", "median")
    )
    ran = data.conditions[(data.conditions.n_trials > 0)]
    cures = with_state(longest_lags(ran)) if len(ran) else ran
    cures = ordered(cures[cures.role != CONTROL], data)
    cures = cures.join(networks.milliseconds, on=["task", "lag", "model"])
    cures = cures.assign(seconds_to_solved=cures.steps_to_solved * cures.milliseconds / 1000)
    models = list(dict.fromkeys(cures.model))
    return {
        "networks": records(networks.reset_index()),
        "models": models,
        "tasks": [by_cure(task, rows, models) for task, rows in cures.groupby("task", sort=False)],
    }


def by_cure(task: str, rows: pd.DataFrame, models: list[str]) -> dict:
    """A row a mitigation, a cell a model: steps and seconds to solved, None where there is no such condition."""
    cells = {(row["mitigation"], row["model"]): row for row in records(rows)}
    mitigations = list(dict.fromkeys(rows.mitigation))
    return {"task": task, "lag": rows.lag.iloc[0], "rows": [(name, [cells.get((name, model)) for model in models]) for name in mitigations]}


SECTION = Section(
    name="cost",
    title="What the cure costs",
    short="Cost",
    position=110,
    content=content,
)
