"""Every condition, in a table that sorts and filters, with its trials, their rules and the command that runs it again."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.rows import ordered
from unvanish.reports.figures.success import anchor
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.shown_names import name_to_type
from unvanish.reports.tables.conditions import KEY


def content(data: Excerpt) -> Content:
    """Return every condition with its evaluation trials."""
    conditions = ordered(data.conditions, data)
    trials: dict[tuple, list[dict]] = {}
    for trial in records(data.evaluated[[*KEY, "seed", "diagnosis", "rule", "run_id"]]):
        trials.setdefault(tuple(trial[name] for name in KEY), []).append(trial)
    rows = [
        {
            **row,
            "id": anchor(*(row[name] for name in KEY)),
            "trials": trials.get(tuple(row[name] for name in KEY), []),
            "command": data.plan.repeat_command(row["task"], row["lag"], name_to_type(row["model"]), row["mitigation"]) or data.context.get("command", ""),
        }
        for row in records(conditions)
    ]
    choices = {name: list(dict.fromkeys(conditions[name])) for name in ("task", "model", "mitigation")}
    return {"rows": rows, "choices": choices, "tested": bool(data.whole.conditions.p.notna().any())}


SECTION = Section(
    name="conditions",
    title="Every condition",
    short="Table",
    position=120,
    content=content,
)
