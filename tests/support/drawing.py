"""Figures drawn from small tables, for tests that hold what is drawn against what was given."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from tests.support.tables import made_up_task, plan_record
from unvanish.reports.figures import Figure

PROFILE = {"models": ["feedforward", "rnn", "lstm"], "mitigations": ["none", "relu", "rmsprop"]}


def data(lags: dict[str, list[int]] | None = None, **tables: Any) -> SimpleNamespace:
    """Return what a figure sees of a benchmark: a plan with these lags of each task, and the tables given."""
    tasks = [made_up_task(task, lag, baseline_loss=2.0) for task, values in (lags or {"adding": [5]}).items() for lag in values]
    return SimpleNamespace(plan=plan_record(tasks, **PROFILE), **tables)


def drawn(figure: Figure, table: pd.DataFrame) -> dict[Any, Axes]:
    """Return the axes of every panel, by the values that its table is split by and its title."""
    return {
        (*drawing.table.iloc[0][list(figure.split)], axes.get_title()): axes
        for drawing in figure.drawings(table)
        for axes in drawing.canvas.axes
        if axes.get_title()  # a colour bar has none
    }


def own_lines(axes: Axes) -> list[Any]:
    """Return the lines of the panel's data, without reference lines."""
    return [line for line in axes.lines if line.get_transform() == axes.transData and len(line.get_xdata())]


def dots(axes: Axes, filled: bool = True) -> list[tuple[float, float, str, float]]:
    """Return x, y, colour and size of every dot, or of every ring."""
    found = []
    for collection in axes.collections:
        if isinstance(collection, PathCollection) and bool(len(collection.get_facecolors())) == filled:
            offsets = np.asarray(collection.get_offsets())
            colours = np.resize(collection.get_facecolors() if filled else collection.get_edgecolors(), (len(offsets), 4))
            sizes = np.resize(collection.get_sizes(), len(offsets))
            found += [(float(x), float(y), to_hex(colour), float(size)) for (x, y), colour, size in zip(offsets, colours, sizes, strict=True)]
    return found


def row_names(axes: Axes) -> list[str]:
    """Return the names of the rows from the top, which only the first panel shows."""
    first = axes.get_figure().axes[0]
    assert list(first.get_yticks()) == list(range(len(first.get_yticks()))) and first.get_ylim()[0] > first.get_ylim()[1]
    return [label.get_text().replace("\n", " ") for label in first.get_yticklabels()]


def x_labels(axes: Axes) -> set[str]:
    """Return the labels of the x axes of a figure."""
    return {panel.get_xlabel() for panel in axes.get_figure().axes} - {""}
