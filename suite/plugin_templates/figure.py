"""A figure: a tidy table made from a benchmark, and a function that draws it."""

import seaborn as sns

from unvanish.plugins import Figure
from unvanish.reports.figures.facets import facets


def table(data):
    """Return a row an evaluation trial that was finished."""
    trials = data.trials[(data.trials.phase == "evaluate") & (data.trials.status == "finished")]
    return trials[["task", "lag", "model", "max_gradient_norm", "score"]]


def draw(table):
    """Draw a dot a trial."""
    grid = facets(table, "model", height=1.8)
    grid.map_dataframe(sns.scatterplot, x="max_gradient_norm", y="score")
    grid.set(xscale="log")
    grid.set_axis_labels("largest gradient norm", "score")
    return grid.lay_out()


FIGURE = Figure(
    name="mine",
    title="Largest gradient norm and score",
    question="Do trials with large gradients fail?",
    caption="Each dot is an evaluation trial; trials that exploded are at a score of 0.",
    position=60,
    table=table,
    draw=draw,
)
