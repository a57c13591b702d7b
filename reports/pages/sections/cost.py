"""The cost of a cure: the time of a training step relative to one without it, steps and seconds until the task is solved, parameters."""

from __future__ import annotations

from typing import Any

import pandas as pd

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.figure import longest_lags
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables.conditions import KEY
from unvanish.reports.tables.costs import costs
from unvanish.suite.experiment.roles import CONTROL


def content(data: Excerpt) -> Content | None:
    """Return the relative cost of a step, steps and seconds to the solution at each task's longest lag, and the networks; None where nothing was run."""
    table = costs(data)
    timed = ordered(table[table.ratio.notna()], data)
    shown = with_state(longest_lags(table[(table.n_trials > 0) & (table.role != CONTROL)]))
    if shown.empty:
        return None
    shown = ordered(shown, data)
    models = list(dict.fromkeys(shown.model))
    networks = shown.drop_duplicates(["task", "lag", "model"])
    plain = timed[timed.mitigation == "none"].set_index(["task", "lag", "model"]).milliseconds
    return {
        "models": models,
        "timed": by_problem(timed, list(dict.fromkeys(timed.model))),
        "solved": by_problem(shown, models),
        "any_seconds": bool(shown.seconds_to_solve.notna().any()),
        "networks": records(networks.join(plain.rename("plain_milliseconds"), on=["task", "lag", "model"])),
    }


def by_problem(table: pd.DataFrame, models: list[str]) -> list[dict[str, Any]]:
    """A table for each task and lag: a row a mitigation, a cell a model, None where there is no such condition."""
    found = []
    for (task, lag), rows in table.groupby(KEY[:2], sort=False):
        cells = {(row["mitigation"], row["model"]): row for row in records(rows)}
        mitigations = list(dict.fromkeys(rows.mitigation))
        present = [model for model in models if model in set(rows.model)]
        found.append({"task": task, "lag": lag, "models": present, "rows": [(name, [cells.get((name, model)) for model in present]) for name in mitigations]})
    return found


SECTION = Section(
    name="cost",
    title="What the cure costs",
    short="Cost",
    position=110,
    content=content,
)
