"""The settings of the run, its time breakdown, and its citation."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.tables.summary import trained_seconds


def content(data: Excerpt) -> Content:
    """Return the settings, counts and context of the run."""
    return {
        "profile": data.plan.profile,
        "counts": data.plan.counts,
        "context": data.context,
        "hours": trained_seconds(data.whole.trials) / 3600,
        "recorded": any(entry.parameters.get("facts") for entry in data.plan.tasks),
        "references": data.references.to_dict("records"),
    }


SECTION = Section(
    name="provenance",
    title="How it was run, and how to cite it",
    short="Provenance",
    position=140,
    content=content,
)
