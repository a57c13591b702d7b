"""Facet grids: panels beside each other, by seaborn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from unvanish.reports.figures.figure import words
from unvanish.reports.figures.style import dashes, palette

WIDTH, WIDEST_PANEL = 5.3, 2.4  # inches: two figures stand beside each other on a page, one on a phone, with letters that can be read on both
LEGEND_COLUMNS = 3


class Grid(sns.FacetGrid):
    """A facet grid that is laid out once, when it is complete: seaborn does it after every call, which takes a third of a figure's time."""

    def tight_layout(self, *args: Any, **options: Any) -> Grid:
        """Do nothing yet."""
        return self

    def lay_out(self, **options: Any) -> Figure:
        """Make room for all labels, and return the figure."""
        super().tight_layout(**options)
        return self.figure


def facets(table: pd.DataFrame, column: str, height: float, **options: Any) -> Grid:
    """Return a grid of a panel for each value of a column, in its order, titled with the value; `height` of a panel in inches.

    All panels together are `WIDTH` wide with their labels; what else `FacetGrid` takes can be given; with `row` the panels have
    no titles yet, since each is of two values.
    """
    values = list(dict.fromkeys(table[column]))
    width = min(WIDTH / min(len(values), options.get("col_wrap") or len(values)), WIDEST_PANEL)
    grid = Grid(table, col=column, col_order=values, height=height, aspect=width / height, legend_out=False, **options)
    for value, axes in grid.axes_dict.items():
        axes.set_title("" if "row" in options else words(value))
    return grid


def with_legend(grid: Grid, handles: list[Line2D]) -> Figure:
    """Lay out the grid and write a legend below the panels, so that an exported figure is whole."""
    figure = grid.lay_out()
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.04), ncols=LEGEND_COLUMNS, handlelength=1.6, columnspacing=1.2)
    return figure


def mitigations(table: pd.DataFrame) -> list[str]:
    """Return the mitigations of a table in the order of the profile."""
    return [str(name) for name in table.mitigation.cat.remove_unused_categories().cat.categories]


def row_label(name: str) -> str:
    """Return a mitigation as the label of a row; of a pair each on its own line, which leaves more room for the panels."""
    return words(name).replace(" + ", "\n+ ")


def mitigation_rows(grid: Grid, names: list[str], label: str) -> None:
    """Make each mitigation a row, the first one on top, counted from 0; `label` is that of the x axis."""
    grid.set(ylim=(len(names) - 0.5, -0.5), yticks=range(len(names)), xlabel="", ylabel="")
    for axes in grid.axes.flat:
        axes.tick_params(axis="y", length=0)
    grid.axes.flat[0].set_yticklabels([row_label(name) for name in names], linespacing=0.9)
    grid.axes.flat[len(grid.axes.flat) // 2].set_xlabel(label)


def mitigation_handles(table: pd.DataFrame) -> list[Line2D]:
    """Return the legend's line of each mitigation, as `mitigation_lines` draws it."""
    colours, patterns = palette(table.mitigation.cat.categories), dashes(table.mitigation.cat.categories)
    return [Line2D([], [], color=colours[name], linestyle=(0, patterns[name]) if patterns[name] else "-", label=words(name)) for name in mitigations(table)]


def mitigation_lines(table: pd.DataFrame) -> dict[str, Any]:
    """Return the arguments by which seaborn's `lineplot` draws a line of its own for each mitigation, without aggregating anything."""
    names = list(table.mitigation.cat.categories)
    looks = {"hue": "mitigation", "hue_order": names, "palette": palette(names), "style": "mitigation", "style_order": names, "dashes": dashes(names)}
    return looks | {"estimator": None, "errorbar": None, "linewidth": 1.4, "legend": False}
