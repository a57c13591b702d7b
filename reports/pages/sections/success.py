"""The heat maps, with the curves behind each cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES, learning, success
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.tables.conditions import KEY

MAX_POINTS, HEIGHT = 30, 100  # of a curve behind a cell; the height of its box, in which losses are whole numbers
MAX_SEEDS = 5  # of which each has a line; of more the quartiles are drawn


def content(data: Excerpt) -> Content | None:
    """Return the heat maps, and the curves behind their cells for the page's script."""
    figure = figure_content(FIGURES["success"], data, "", lambda drawing: success.links(drawing.table))
    return figure and figure | {"curves": curves(data)}


def curves(data: Benchmark) -> dict[str, Any]:
    """Return by the id of a condition its last step and a line a trial (or three of the quartiles) of losses from the top of a box of `HEIGHT`."""
    lines_by_condition = {}
    for key, rows in learning.table(data).groupby(KEY, sort=False):
        losses = rows.pivot(index="step", columns="seed", values="loss")
        shown = losses.iloc[np.unique(np.linspace(0, len(losses) - 1, min(MAX_POINTS, len(losses))).round().astype(int))]
        lines = shown if shown.shape[1] <= MAX_SEEDS else quartiles(shown)
        top = learning.TOP * rows.baseline.iloc[0]
        heights = (HEIGHT * (1 - lines.clip(upper=top) / top)).round()
        whole = [[None if np.isnan(y) else int(y) for y in line] for line in heights.T.to_numpy()]
        lines_by_condition[success.anchor(*key)] = {"end": int(shown.index[-1]), "lines": whole}
    return lines_by_condition


def quartiles(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the quartiles of the losses [step, seed] over the seeds; the loss of a trial that exploded counts as infinite, and is missing in the result."""
    return losses.fillna(np.inf).quantile([0.25, 0.5, 0.75], axis=1, interpolation="higher").T.replace(np.inf, np.nan)


SECTION = Section(name="success", title="Every lag, network and mitigation", short="Heat maps", position=40, content=content)
