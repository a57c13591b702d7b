"""Every condition, in a table that sorts and filters, with its trials, their rules and the command that runs it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.figure import words
from unvanish.reports.figures.rows import ordered
from unvanish.reports.figures.success import anchor
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.shown_names import name_to_type
from unvanish.reports.tables.conditions import KEY

WHERE = ("--output", "--tracking-uri")


def content(data: Excerpt) -> Content:
    """Return every condition with its evaluation trials."""
    conditions = ordered(data.conditions, data)
    trials: dict[tuple, list[dict]] = {}
    pages = data.whole.pages
    for trial in records(data.evaluated[[*KEY, "seed", "diagnosis", "rule", "events", "run_id"]]):
        address = pages.run_url(trial["run_id"]) if pages and trial["run_id"] else ""
        trials.setdefault(tuple(trial[name] for name in KEY), []).append(trial | {"events": events(trial["events"]), "address": address})
    rows = [
        {
            **row,
            "id": anchor(*(row[name] for name in KEY)),
            "trials": trials.get(tuple(row[name] for name in KEY), []),
            "command": data.plan.repeat_command(row["task"], row["lag"], name_to_type(row["model"]), row["mitigation"]) or data.context.get("command", ""),
            "export": export_command(trials.get(tuple(row[name] for name in KEY), []), data.context.get("command", "")),
        }
        for row in records(conditions)
    ]
    choices = {name: list(dict.fromkeys(conditions[name])) for name in ("task", "model", "mitigation")}
    return {"rows": rows, "choices": choices, "tested": bool(data.whole.conditions.p.notna().any())}


def events(recorded: str) -> str:
    """Return the events of a trial for a reader: vanished at step 0, exploded at 35."""
    parts = [part.partition("@") for part in recorded.split(";") if part]
    return ", ".join(f"{words(name)} at {'step ' if index == 0 else ''}{step}" for index, (name, _, step) in enumerate(parts))


def export_command(trials: Sequence[Mapping[str, Any]], command: str) -> str:
    """Return the command that exports the first trial that was solved, or else the first; empty where no trial has a run of its own.

    `command` is the one that ran the benchmark: its options that say where the results are hold here too.
    """
    tracked = [trial for trial in trials if trial["run_id"]]
    best = next((trial for trial in tracked if trial["diagnosis"] == "solved"), tracked[0] if tracked else None)
    parts = shlex.split(command)
    where = [part for option, value in pairwise(parts) if option in WHERE for part in (option, value)]
    return shlex.join(["unvanish", "export", best["run_id"], "network.keras", *where]) if best else ""


SECTION = Section(
    name="conditions",
    title="Every condition",
    short="Table",
    position=120,
    content=content,
)
