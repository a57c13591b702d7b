"""The events inside the trials, and their meaning."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.suite.diagnosis import EVENTS

LEAD = "What reached the gradient first, at the learning rate that tuning chose: at another rate it can be something else. An event is dated by the curves and probes."


def content(data: Excerpt) -> Content | None:
    """Return the figure, and each event with its meaning and the number of evaluation trials of which it is the cause."""
    figure = figure_content(FIGURES["causes"], data, LEAD)
    counts = data.whole.evaluated.cause.value_counts()
    return figure and figure | {"events": [(name, why, counts.get(name, 0)) for name, why in EVENTS.items()]}


SECTION = Section(
    name="causes",
    title="What happened inside, and when",
    short="Causes",
    position=90,
    content=content,
)
