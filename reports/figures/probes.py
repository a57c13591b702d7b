"""What every probe measured while the networks trained."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.rows import ordered
from unvanish.reports.figures.style import ACCENT, GREY
from unvanish.reports.tables.conditions import KEY

UNMITIGATED = "none"
COLUMNS = ["task", "lag", "probe", "model", "mitigation", "step", "value"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition, probe and step at which it was measured: the median over the evaluation trials; of figures by time step, that at the end."""
    rows = data.probes[(data.probes.phase == "evaluate") & data.probes.steps_back.fillna(0).eq(0)]
    medians = rows.groupby([*KEY, "probe", "step"], sort=False).value.median().reset_index().dropna(subset="value")
    return ordered(medians[COLUMNS], data)


def draw(axes: Axes, panel: Panel) -> None:
    """A line a mitigation, with a mark at each step at which it was measured; that of training without one in colour."""
    for mitigation, rows in panel.rows.groupby("mitigation", sort=False):
        plain = mitigation == UNMITIGATED
        axes.plot(rows.step, rows.value, color=ACCENT if plain else GREY, linewidth=1.6 if plain else 0.8, marker="o" if plain else ".", markersize=3)
    axes.set_title(words(panel.name))
    axes.set_xlabel("training step")


FIGURE = Figure(
    name="probes",
    title="What the probes measured",
    caption="The median over the evaluation trials of each mitigation, grey, and of training without one, in colour with larger dots.",
    position=11,
    table=table,
    across=("task", "lag", "probe"),
    panel="model",
    draw=draw,
    size=lambda group: (1.6, 1.0),
    margins=(0.5, 0.4, 0.1, 0.25),
    longest=True,
)
