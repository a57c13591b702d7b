"""The picker: for a network, a task and a lag, the cures ranked by what was measured, with Keras code to copy."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.success import anchor
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables.advice import AT_CAP, explained, ranking, snippet, tried_up_to
from unvanish.suite.experiment.roles import CONTROL, CURE, recurrent_models


def content(data: Excerpt) -> Content | None:
    """A ranking for each network, task and lag of which something was run; the first that is shown is of the longest lag, where something was solved."""
    ran = data.conditions[data.conditions.n_trials + data.conditions.n_failed > 0]
    models = [model for model in recurrent_models(data.plan) if model in set(ran.model)]
    problems = [(entry.task, entry.lag) for entry in data.plan.tasks]
    places = [(model, task, lag) for model in models for task, lag in problems if ((ran.task == task) & (ran.lag == lag) & (ran.model == model)).any()]
    if not places:
        return None
    solved = set(ran[ran.n_solved > 0][["model", "task", "lag"]].itertuples(index=False, name=None))
    first = max(places, key=lambda place: (place[2], place in solved, -models.index(place[0])))
    every_row = {(model, task, lag): ranking(data, model, [(task, lag)]) for model, task, lag in places}
    rankings = {place: rows[rows.role != CONTROL] for place, rows in every_row.items()}
    groups = [group(data, *place, ranked) for place, ranked in rankings.items()]
    return {"groups": groups, "first": first, "at_cap": AT_CAP, "explained": explained(pd.concat(rankings.values()))}


def group(data: Benchmark, model: str, task: str, lag: int, ranked: pd.DataFrame) -> dict:
    """Return the ranked cures of a model on a task at a lag, with Keras code; those that solved no trial apart, since nothing ranks them."""
    rows = records(ranked)
    for row in rows:
        row["tried"] = tried_up_to(row["cause"], row["rates"])
        row |= {"id": anchor(task, lag, model, row["mitigation"]), "code": snippet(data, model, row["mitigation"], task, lag) if row["n_solved"] else ""}
    folded = [row for row in rows if row["role"] == CURE and row["n_trials"] and not row["n_solved"]]
    shown = [row for row in rows if row not in folded]
    none_solved = bool(folded) and not any(row["n_solved"] for row in rows if row["role"] == CURE)
    return {"model": model, "task": task, "lag": lag, "rows": shown, "unsolved": folded, "none_solved": none_solved}


SECTION = Section(
    name="picker",
    title="What to use for yours",
    short="Yours",
    position=10,
    content=content,
)
