"""Which mitigation helps which model, over all tasks together."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import one_row_each, point
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import FAINT

SHOWN = {"iqm": "interquartile mean of the score", "improvement": "probability to beat none"}


def table(data: Benchmark) -> pd.DataFrame:
    """A row a model, mitigation and figure of `SHOWN`: its value and the bounds of its interval."""
    overall = with_state(data.overall)
    parts = [
        overall[["model", "mitigation", "n_problems"]].assign(figure=words, value=overall[name], low=overall[f"{name}_low"], high=overall[f"{name}_high"])
        for name, words in SHOWN.items()
    ]
    return pd.concat([ordered(part[part.value.notna()], data) for part in parts], ignore_index=True)


def draw(axes: Axes, panel: Panel) -> None:
    names = list(dict.fromkeys(panel.group.mitigation))
    if panel.key["figure"] == SHOWN["improvement"]:
        axes.axvline(0.5, color=FAINT, linestyle=(0, (4, 3)), linewidth=0.9)
    for row in panel.rows.itertuples():
        point(axes, names.index(row.mitigation), row.low, row.value, row.high)
    axes.set_title(words(panel.name))
    axes.set_xlim(-0.03, 1.03)
    axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
    axes.set_xlabel(panel.key["figure"])
    axes.grid(True, axis="x")
    one_row_each(axes, [words(name) for name in names])


FIGURE = Figure(
    name="overall",
    title="Over all tasks and lags",
    caption=(
        "First, the mean of the middle half of all scores, which no single lucky or exploded trial can move far. Then, how likely a trial with the "
        "mitigation scores higher than the same seed without, ties counting half; right of the dashed line it helps. Bars are 95 % intervals: of the first by "
        "a bootstrap over the seeds within each task and lag (Agarwal et al. 2021), of the second Wilson's over the pairs; "
        "a dot without one has none that is known."
    ),
    position=0,
    table=table,
    across=("figure",),
    panel="model",
    draw=draw,
    size=lambda group: (1.5, 0.2 * group.mitigation.nunique() + 0.05),
    margins=(1.55, 0.4, 0.1, 0.25),
)
