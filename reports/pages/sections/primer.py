"""The terms that one needs to read the page: vanishing and exploding, lag, condition, and where every comparison starts."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section


def content(data: Excerpt) -> Content:
    """Return every task once, with all its lags."""
    tasks: dict[str, dict] = {}
    for entry in data.plan.tasks:
        tasks.setdefault(entry.task, {**entry.model_dump(), "lags": []})["lags"].append(entry.lag)
    return {"tasks": list(tasks.values()), "profile": data.plan.profile}


SECTION = Section(
    name="primer",
    title="What is compared",
    short="Primer",
    position=20,
    content=content,
)
