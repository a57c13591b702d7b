"""The gradient against steps back, before and after training, by mitigation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import gradients
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags, words
from unvanish.reports.figures.style import DOTTED, FAINT
from unvanish.reports.figures.visibility import note
from unvanish.reports.tables.conditions import KEY

BEFORE, AFTER = "before training", "after training"
HEIGHT = 1.5  # inches, of a panel
LOWEST, HIGHEST = (10.0**power for power in gradients.DECADES)


def table(data: Benchmark) -> pd.DataFrame:
    """Return the rows of `gradients.table` of the first and the last probe of each condition, with `when`, which of the two it is."""
    rows = gradients.table(data)
    probes = rows.groupby(KEY, observed=True, sort=False).step
    first, last = probes.transform("min"), probes.transform("max")
    both = rows[(rows.step == first) | ((rows.step == last) & (last > first))]
    return both.assign(when=np.where(both.step == first.loc[both.index], BEFORE, AFTER)).reset_index(drop=True)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a line a mitigation on a log scale, before training above after, a panel a network; a line ends where the gradient is exactly zero."""
    distance = int(table.information_distance.iloc[0])
    shown = table.assign(ratio=table.ratio.clip(upper=10 * HIGHEST).where(table.ratio > 0))
    whens = [when for when in (BEFORE, AFTER) if (table.when == when).any()]
    grid = facets(shown, "model", HEIGHT, row="when", row_order=whens)
    grid.map_dataframe(sns.lineplot, x="steps_back", y="ratio", **mitigation_lines(table))
    grid.set(
        yscale="log",
        ylim=(max(LOWEST, shown.ratio.min() / 3), max(3.0, min(3 * shown.ratio.max(), HIGHEST))),
        xlim=(table.steps_back.max(), 0),
        xlabel="",
        ylabel="",
    )
    for (when, model), axes in grid.axes_dict.items():
        axes.axvline(distance, color=FAINT, linestyle=DOTTED, linewidth=1.2)
        axes.axhline(1, color=FAINT, linewidth=0.6)
        axes.set_title(words(model) if when == whens[0] else "")
        axes.minorticks_off()
        if not (shown[(shown.when == when) & (shown.model == model)].ratio > LOWEST).any():
            note(axes, "no gradient")
    for row, when in zip(grid.axes, whens, strict=True):
        row[0].set_ylabel(f"{when}\nrelative to the end")
    grid.axes[-1][grid.axes.shape[1] // 2].set_xlabel("steps back from the end")
    return with_legend(grid, mitigation_handles(table))


FIGURE = Figure(
    name="gradient_profile",
    title="Gradient before and after training",
    question="Does the gradient reach the information with each mitigation, at the start and once it has trained?",
    caption=(
        "The norm of the gradient with respect to the state, relative to that at the end of the sequence (1), against steps back, on a logarithmic scale; "
        "medians over the evaluation trials. The information is at the dotted line: a mitigation whose line is many powers of ten down there leaves nothing to "
        "learn from, and a line that stops is exactly zero from there on. That a gradient arrives does not say that the task is solved."
    ),
    position=5,
    table=table,
    draw=draw,
    page=longest_lags,
)
