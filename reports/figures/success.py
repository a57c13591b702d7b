"""The heat map: model x mitigation for each lag."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from reports.conditions import NOT_APPLICABLE, NOT_RUN
from reports.figures.figure import FAINT, INK, Figure, TaskResults

LOW, HIGH = 0.0, 1.0


def draw(results: TaskResults) -> Canvas:
    lags, rows, columns = results.lags, results.models, results.mitigations
    colour = colormaps["viridis"]
    canvas = Canvas(figsize=(max(7.5, 1.15 * len(columns) * len(lags) + 1.6), 0.42 * len(rows) + 1.7), layout="constrained")
    axes = canvas.subplots(1, len(lags), sharey=True, squeeze=False)[0]
    for panel, lag in zip(axes, lags, strict=True):
        at_lag = results.conditions[results.conditions.lag == lag].set_index(["model", "mitigation"])
        for y, model in enumerate(rows):
            for x, mitigation in enumerate(columns):
                row = at_lag.loc[(model, mitigation)]
                if row.state in (NOT_APPLICABLE, NOT_RUN):
                    panel.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor=FAINT, linewidth=0.4, hatch="///", alpha=0.5))
                    text, ink = ("n/a" if row.state == NOT_APPLICABLE else "not run"), INK
                else:
                    fill = colour(np.clip(row.score, LOW, HIGH))
                    panel.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor="white", linewidth=0.8))
                    text = f"{row.solved}/{row.tried}" + ("!" if row.state == "failed" else "")
                    ink = "#000000" if row.score > 0.55 else "#ffffff"
                panel.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink, fontsize=9)
        panel.set(title=f"lag {lag}", xlim=(0, len(columns)), ylim=(len(rows), 0))
        panel.set_xticks(
            np.arange(len(columns)) + 0.5, [name.replace("+", "\n+") for name in columns], rotation=35, ha="right", rotation_mode="anchor", fontsize=8
        )
        panel.set_yticks(np.arange(len(rows)) + 0.5, rows)
        panel.tick_params(length=0)
        for spine in panel.spines.values():
            spine.set_visible(False)
    return canvas


FIGURE = Figure(
    name="success",
    title="Solved of tried",
    reading=(
        "Each cell is a condition: evaluation trials solved of tried; the colour is the median score, dark at the memoryless baseline, bright when perfect."
    ),
    position=1,
    draw=draw,
)
