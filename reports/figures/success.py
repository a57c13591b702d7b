"""The heat map: model x mitigation for each lag."""

from __future__ import annotations

from itertools import zip_longest
from math import ceil

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from reports.conditions import NOT_APPLICABLE, NOT_RUN, PARTLY_FAILED
from reports.figures.figure import FAINT, INK, Figure, TaskResults

PAGE_WIDTH, CELL_WIDTH, CELL_HEIGHT, LABELS = 11.0, 0.74, 0.36, 1.0  # inches
BRIGHT = 0.55  # scores from here on are drawn in colours that need dark letters


def draw(results: TaskResults) -> Canvas:
    lags, rows, columns = results.lags, results.models, results.mitigations
    across = min(len(lags), max(1, int((PAGE_WIDTH - LABELS) / (CELL_WIDTH * len(columns) + 0.2))))
    down = ceil(len(lags) / across)
    width = LABELS + across * max(CELL_WIDTH * len(columns) + 0.2, 2.5)
    canvas = Canvas(figsize=(width, down * (CELL_HEIGHT * len(rows) + 0.3) + 0.9), layout="constrained")
    panels = canvas.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for panel, lag in zip_longest(panels.flat, lags):
        if lag is None:
            panel.set_visible(False)
            continue
        cells(panel, results, results.conditions[results.conditions.lag == lag].set_index(["model", "mitigation"]))
        panel.set_title(f"lag {lag}")
        panel.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
        panel.set_xticks(np.arange(len(columns)) + 0.5, [name.replace("+", "\n+") for name in columns], rotation=35, ha="right", rotation_mode="anchor")
        panel.set_yticks(np.arange(len(rows)) + 0.5, rows)
        panel.tick_params(length=0, labelsize=8)
        panel.spines[:].set_visible(False)
    return canvas


def cells(panel: Axes, results: TaskResults, conditions: pd.DataFrame) -> None:
    """One cell a condition; `conditions` is indexed by model and mitigation."""
    for y, model in enumerate(results.models):
        for x, mitigation in enumerate(results.mitigations):
            row = conditions.loc[(model, mitigation)]
            if row.state in (NOT_APPLICABLE, NOT_RUN):
                panel.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor=FAINT, linewidth=0.4, hatch="///", alpha=0.5))
                text, ink = ("n/a" if row.state == NOT_APPLICABLE else "not run"), INK
            else:
                panel.add_patch(Rectangle((x, y), 1, 1, facecolor=colormaps["viridis"](row.score), edgecolor="white", linewidth=0.8))
                text = f"{row.n_solved}/{row.n_trials}" + ("!" if row.state == PARTLY_FAILED else "")
                ink = "black" if row.score >= BRIGHT else "white"
            panel.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink)


FIGURE = Figure(
    name="success",
    title="Solved of tried",
    reading=(
        "Each cell is a condition: evaluation trials solved of tried; the colour is the median score, dark at the memoryless baseline, "
        "bright when perfect. A ! says that trials of it failed to run."
    ),
    position=1,
    of=TaskResults,
    draw=draw,
)
