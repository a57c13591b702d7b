"""The measurements of every probe while the networks trained."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_handles, mitigation_lines, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags, words
from unvanish.reports.figures.rows import ordered
from unvanish.reports.tables.conditions import KEY

COLUMNS = ["task", "lag", "probe", "model", "mitigation", "step", "value"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition, probe and step at which it was measured: the median over the evaluation trials; of measures by time step, that at the end."""
    rows = data.probes[(data.probes.phase == "evaluate") & data.probes.steps_back.fillna(0).eq(0)]
    medians = rows.groupby([*KEY, "probe", "step"], sort=False).value.median().reset_index().dropna(subset="value")
    return ordered(medians[COLUMNS], data)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a line a mitigation, a panel a model, with a mark at each step at which it was measured."""
    grid = facets(table, "model", 1.75)
    grid.map_dataframe(sns.lineplot, x="step", y="value", marker="o", markersize=3, markeredgewidth=0, **mitigation_lines(table))
    grid.set_axis_labels("training step", words(table.probe.iloc[0]))
    return with_legend(grid, mitigation_handles(table))


FIGURE = Figure(
    name="probes",
    title="Probe",
    question="What did a probe measure inside the networks as they trained?",
    caption="The median over the evaluation trials of each mitigation, at each step at which it was measured.",
    position=11,
    table=table,
    draw=draw,
    split=("task", "lag", "probe"),
    page=longest_lags,
)
