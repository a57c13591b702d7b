"""What every section of the page is: what it says of a benchmark, and a template that says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.beside import later
from unvanish.reports.figures import FIGURES, Figure
from unvanish.reports.figures.figure import Panel, heading

PIXELS = 100  # of the page an inch of a figure, at which its letters are of normal size
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    name      its id on the page
    short     its name in the list of contents
    content   what its template is given, or None where the benchmark has nothing for it, and it is left out; a `title` in it replaces the usual one
    template  Jinja, of what is below the title; it also sees `metrics`, those of the benchmark's run
    """

    name: str
    title: str
    short: str
    position: int
    content: Callable[[Benchmark], Content | None]
    template: str


@dataclass
class Panels:
    """A row of panels on the page: what names it, the SVG of each panel once it is drawn, and the width in pixels at which their letters are of normal size."""

    key: dict[str, Any]
    heading: str
    width: int
    panels: list[Future[str]]


def panels(figure: Figure, data: Benchmark) -> list[Panels]:
    """The panels of a figure that the page shows, row by row; one that shows nothing raises `BlankPanel` when it is drawn."""
    rows: dict[str, Panels] = {}
    for panel in figure.panels(figure.on_page(figure.table(data))):
        name = heading(panel.key)
        row = rows.setdefault(name, Panels(panel.key, name, round(PIXELS * figure.width(panel.group)), []))
        row.panels.append(svg(figure.name, panel))
    return list(rows.values())


def svg(figure_name: str, panel: Panel) -> Future[str]:
    """A panel, see `Figure.svg`, as soon as it is drawn."""
    return later(draw, figure_name, panel)


def draw(figure_name: str, panel: Panel) -> str:
    """By the figure's name, since not all that a figure is made of can be sent to another process."""
    return FIGURES[figure_name].svg(panel)


def by_task(rows: list[Panels]) -> dict[str, list[Panels]]:
    """The rows of panels of each task."""
    found: dict[str, list[Panels]] = {}
    for row in rows:
        found.setdefault(row.key["task"], []).append(row)
    return found


def of_figure(figure_name: str, title: str, short: str, position: int, lead: str) -> Section:
    """A section that is a figure: what it answers, its panels, and how to read it."""
    figure = FIGURES[figure_name]

    def content(data: Benchmark) -> Content | None:
        rows = panels(figure, data)
        return {"figure": figure, "lead": lead, "rows": rows} if rows else None

    return Section(figure_name, title, short, position, content, FIGURE_TEMPLATE)


def of_figure_by_task(figure_name: str, title: str, short: str, position: int, lead: str) -> Section:
    """A section that is a figure with many panels: one task after the other, of which all but the first can be unfolded."""
    figure = FIGURES[figure_name]

    def content(data: Benchmark) -> Content | None:
        rows = panels(figure, data)
        return {"figure": figure, "lead": lead, "tasks": by_task(rows)} if rows else None

    return Section(figure_name, title, short, position, content, TASKS_TEMPLATE)


FIGURE_TEMPLATE = """
{% from "panels.html" import panels %}
<p>{{ lead }}</p>
<figure>
{% for row in rows %}
{{ panels(row) }}
{% endfor %}
<figcaption>{{ figure.caption }}</figcaption>
</figure>
"""
TASKS_TEMPLATE = """
{% from "panels.html" import panels %}
<p>{{ lead }}</p>
<figure>
{% for task, rows in tasks.items() %}
<details class="task"{% if loop.first %} open{% endif %}><summary>{{ task|words }}, lag {{ rows[0].key.lag }}</summary>
{% for row in rows %}
{{ panels(row, row.key.model|words) }}
{% endfor %}
</details>
{% endfor %}
<figcaption>{{ figure.caption }} Each task is shown at its longest lag; <code>unvanish report --figures DIR</code> draws all of them.</figcaption>
</figure>
"""
