"""Figures drawn from small tables, for tests that hold what is drawn against what was given."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from tests.support.tables import made_up_task, plan_record
from unvanish.reports.figures import Figure
from unvanish.reports.figures.marks import CONTEXT

PROFILE = {"models": ["feedforward", "rnn", "lstm"], "mitigations": ["none", "relu", "rmsprop"]}


def data(lags: dict[str, list[int]] | None = None, **tables: Any) -> SimpleNamespace:
    """What a figure sees of a benchmark: a plan with these lags of each task, and the tables given."""
    tasks = [made_up_task(task, lag, baseline_loss=2.0) for task, values in (lags or {"adding": [5]}).items() for lag in values]
    return SimpleNamespace(plan=plan_record(tasks, **PROFILE), **tables)


def drawn(figure: Figure, table: pd.DataFrame) -> dict[Any, Axes]:
    """The axes of every panel, by the values of its row and its own name."""
    panels = {}
    for panel in figure.panels(table):
        axes = Canvas().add_subplot()
        figure.fill(axes, panel)
        panels[(*panel.key.values(), panel.name)] = axes
    return panels


def own_lines(axes: Axes) -> list[Any]:
    """The lines of the panel's own data: neither context nor reference lines."""
    return [line for line in axes.lines if line.get_gid() != CONTEXT and line.get_transform() == axes.transData]


def context_lines(axes: Axes) -> list[Any]:
    return [line for line in axes.lines if line.get_gid() == CONTEXT]


def row_labels(axes: Axes) -> dict[str, float]:
    """Where on the y axis each row with a name is."""
    return {label.get_text(): y for label, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)}
