"""The base class of the page's sections: their content from a benchmark, and the template that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES, Figure
from unvanish.reports.figures.figure import Drawing, failure_of

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    name      its id on the page
    short     its name in the list of contents
    content   the values of its template from the part of a benchmark that the page shows, whose `whole` is for what is said of all trials; None where
              there is nothing for it, and it is left out; a `title` in it replaces the usual one,
              `drawings` are kept with the benchmark's run
    template  the file in templates/sections with what is below the title, where it is not that of its name; it also sees `metrics` of the benchmark's run
    """

    name: str
    title: str
    short: str
    position: int
    content: Callable[[Excerpt], Content | None]
    template: str = ""

    @property
    def path(self) -> str:
        """The path of its template."""
        return f"sections/{self.template or self.name}.html"


def figure_content(figure: Figure, data: Benchmark, lead: str, links: Callable[[Drawing], Mapping[str, str]] = lambda drawing: {}) -> dict[str, Any] | None:
    """Return the values of the template `figure`, None where there is nothing to draw; raises `BlankPanel` for a figure that ships.

    For one of a plug-in that raises whatever, the page has a sentence in its place, `failure`.

    lead    the sentence above the figure
    links   the accessible names of the links in a drawing, by their addresses
    """
    content = {"figure": figure, "lead": lead, "failure": ""}
    try:
        table = figure.table(data)
        shown = figure.page(table)
        drawings = list(figure.drawings(shown))
        svgs = [drawing.svg(links(drawing)) for drawing in drawings]
    except Exception as error:  # whatever a plug-in raises
        if figure.name in FIGURES.own:
            raise
        return {**content, "drawings": [], "svgs": [], "partly": False, "failure": failure_of(figure, error)}
    return {**content, "drawings": drawings, "svgs": svgs, "partly": len(shown) < len(table)} if drawings else None


def figure_section(figure_name: str, title: str, short: str, position: int, lead: str) -> Section:
    """Return a section that is a figure."""

    def content(data: Excerpt) -> Content | None:
        return figure_content(FIGURES[figure_name], data, lead)

    return Section(figure_name, title, short, position, content, template="figure")
