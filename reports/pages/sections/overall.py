"""All tasks and lags together."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.pages.templating import records


def content(data: Excerpt) -> Content | None:
    """Return the figure, and its numbers as a table."""
    figure = figure_content(FIGURES["overall"], data, "One number a network and mitigation, and how often the mitigation beats none.")
    return figure and figure | {"overall": records(data.overall)}


SECTION = Section(
    name="overall",
    title="Over all tasks and lags",
    short="Overall",
    position=55,
    content=content,
)
