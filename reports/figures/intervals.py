"""Dots with intervals: a row a mitigation, a panel a model."""

from __future__ import annotations

import pandas as pd
import seaborn as sns

from unvanish.reports.figures.facets import Grid, facets, mitigation_rows, mitigations
from unvanish.reports.figures.style import ACCENT

ROW_HEIGHT = 0.27  # inches


def draw_intervals(table: pd.DataFrame, label: str) -> Grid:
    """Draw the `value` of each row with a bar from `low` to `high` where these are known; `label` is that of the x axis."""
    names = mitigations(table)
    rows = table.assign(row=[names.index(name) for name in table.mitigation])
    grid = facets(rows, "model", ROW_HEIGHT * len(names) + 0.75)
    for model, axes in grid.axes_dict.items():
        here = rows[rows.model == model]
        axes.hlines(here.row, here.low, here.high, color=ACCENT, linewidth=3, alpha=0.3)
        sns.scatterplot(here, x="value", y="row", ax=axes, color=ACCENT, s=26, linewidth=0, zorder=3, clip_on=False)
        axes.grid(True, axis="x")
    mitigation_rows(grid, names, label)
    grid.lay_out()
    return grid
