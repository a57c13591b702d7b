"""The claims of the source document, with the verdict of the trials."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.tables import truncation_vs_frozen as untrained
from unvanish.reports.tables.recorded import only_recorded
from unvanish.reports.tables.verdicts import NOT_TESTED


def content(data: Excerpt) -> Content | None:
    """The claims that were tested, and those that were not; None where all tasks are recorded data, of which the textbook says nothing."""
    if only_recorded(data.plan, data.whole.recorded):
        return None
    tested = data.claims.verdict != NOT_TESTED
    decided, open_ = records(data.claims[tested]), records(data.claims[~tested])
    detail = untrained.detail(data.truncation_vs_frozen) if len(data.truncation_vs_frozen) else ""
    return {"claims": decided, "open": open_, "untrained": untrained.sentence(data.truncation_vs_frozen), "untrained_detail": detail}


SECTION = Section(
    name="claims",
    title="What the textbook says, and what was measured",
    short="Claims",
    position=30,
    content=content,
)
