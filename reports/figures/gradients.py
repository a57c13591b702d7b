"""How much of the error reaches each time step, as training goes on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import note
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import FAINT, INK, SHADES, WARMS
from unvanish.reports.tables.conditions import KEY

EXPLODED = np.inf
DECADES = (-12, 3)  # powers of ten that have colours of their own; beyond, the outermost
COLUMNS = [*KEY, "step", "steps_back", "ratio", "information_distance"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition, probe and step back: the norm of the gradient with respect to the state, relative to that at the end.

    It is the median over the evaluation trials. Where nothing leaves the end, nothing arrives: the ratio is zero. A norm that is
    not finite counts as infinite, and so does the median where half of them are.
    """
    gradients = with_state(data.gradients[data.gradients.phase == "evaluate"])
    of_state = np.hypot(gradients.norm, gradients.cell_norm.fillna(0.0))  # an LSTM has a cell too
    hidden = gradients.groupby("model").norm.transform(lambda norm: norm.isna().all()).astype(bool)  # the states of a Keras model are not known
    norm = of_state.where(~hidden, gradients.input_norm)
    gradients = gradients.assign(ratio=norm.where(np.isfinite(norm), EXPLODED))
    trial = [*KEY, "seed", "step"]
    ends = gradients[gradients.steps_back == 0].set_index(trial).ratio.rename("end")
    gradients = gradients.join(ends, on=trial)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (gradients.ratio / gradients.end).where(gradients.end > 0, 0.0)
    gradients["ratio"] = ratio.where(np.isfinite(gradients.ratio) & np.isfinite(gradients.end), EXPLODED)
    medians = gradients.groupby([*KEY, "step", "steps_back"], sort=False).ratio.quantile(0.5, interpolation="higher").reset_index()
    distances = data.plan.tasks_table.set_index(["task", "lag"]).information_distance
    return ordered(medians.join(distances, on=["task", "lag"])[COLUMNS], data)


def draw(axes: Axes, panel: Panel) -> None:
    """A row a probe, the first on top; the end of the sequence at the right, so that the gradient goes back to the left."""
    ratios = panel.rows.pivot(index="step", columns="steps_back", values="ratio")
    levels = level(ratios.to_numpy())
    for y, row in enumerate(levels):
        for begin, end in runs(row):
            if row[begin] >= 0:
                axes.add_patch(Rectangle((begin - 0.5, y), end - begin, 1, facecolor=colour(row[begin]), edgecolor=colour(row[begin]), linewidth=0.4))
    if (levels < 0).all():
        note(axes, "no gradient")
    axes.axvline(panel.rows.information_distance.iloc[0], color=INK, linestyle=(0, (1, 2)), linewidth=1.2)
    axes.set_title(f"{words(panel.key['model'])}, {words(panel.name)}")
    axes.set_xlim(ratios.columns[-1] + 0.5, -0.5)
    axes.set_ylim(len(ratios), 0)
    axes.set_xticks([0, panel.rows.information_distance.iloc[0]])
    axes.set_yticks([0.5, len(ratios) - 0.5], [f"{ratios.index[0]}", f"{ratios.index[-1]}"])
    axes.set_xlabel("steps back from the end", labelpad=1)
    axes.set_ylabel("training step", labelpad=-10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(FAINT)


def level(ratios: NDArray[np.float64]) -> NDArray[np.int64]:
    """The power of ten of each ratio, from 0 for the lowest that has a colour; -1 for exactly zero."""
    with np.errstate(divide="ignore"):
        powers = np.floor(np.clip(np.nan_to_num(np.log10(ratios), neginf=-99, posinf=99), *DECADES) + 0.5) - DECADES[0]
    return np.where(ratios > 0, powers, -1).astype(int)


def colour(level: int) -> str:
    """Pale where the gradient has vanished, full where it is as large as at the end, another colour where it grows."""
    same = -DECADES[0]
    if level > same:
        return WARMS[0] if level - same == 1 else WARMS[1]
    return SHADES[level]


def runs(row: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of equal values."""
    edges = [0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]
    yield from pairwise(edges)


FIGURE = Figure(
    name="gradients",
    title="Gradient through time, as it trains",
    caption=(
        "Each row is a probe during training, from the first step at the top to the last; from right to left, steps back from the end of the sequence. The "
        "colour is the norm of the gradient of the last step's loss with respect to the state there (of an LSTM its cell too), relative to the end: "
        "full where it is as large, paler by the powers of ten to 1e-12, white where it is exactly zero, warm where it grows. The dotted line is where the "
        "information is: a gradient that is pale there cannot teach the network to keep it. Medians over the evaluation trials."
    ),
    position=5,
    table=table,
    across=("task", "lag", "model"),
    panel="mitigation",
    draw=draw,
    size=lambda group: (2.2, 1.3),
    margins=(0.42, 0.4, 0.1, 0.25),
    longest=True,
)
