"""The claims of the source document, with the verdict of the trials."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables import truncation_vs_frozen as untrained
from unvanish.reports.tables.recorded import only_recorded


def content(data: Excerpt) -> Content | None:
    """The claims that have trials to decide them, and those that have none; None where all tasks are recorded data, of which the textbook says nothing."""
    if only_recorded(data.plan, data.whole.recorded):
        return None
    n_decisive = data.claims.n_trials.fillna(0) + data.claims.n_pairs.fillna(0)
    decided, open_ = records(data.claims[n_decisive > 0]), records(data.claims[n_decisive == 0])
    return {"claims": decided, "open": open_, "untrained": untrained.sentence(data.truncation_vs_frozen)}


SECTION = Section(
    name="claims",
    title="What the textbook says, and what was measured",
    short="Claims",
    position=30,
    content=content,
)
