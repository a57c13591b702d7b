"""The share of the gradient that reaches each time step, before and after training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, row_label
from unvanish.reports.figures.figure import Figure, longest_lags, words
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, DOTTED, INK, PAPER, WARM, mix
from unvanish.reports.figures.visibility import note
from unvanish.reports.tables.conditions import KEY

EXPLODED = np.inf
DECADES = (-12, 3)  # powers of ten that have colours of their own; beyond, the outermost
# exactly zero, then each power of ten up to as large as at the end, then what grows, tenfold and more
COLOURS = (PAPER, *(mix(ACCENT, 0.04 + 0.96 * decade / -DECADES[0]) for decade in range(1 - DECADES[0])), mix(WARM, 0.4), mix(WARM, 0.9))
MAP, LEVELS = ListedColormap(COLOURS), BoundaryNorm(np.arange(len(COLOURS) + 1) - 1.5, len(COLOURS))
COMPARED = (("rnn", "none"), ("rnn", "gradient_clipping"), ("lstm", "none"))  # on the page: the disease, a cure, another cell
MAX_COLUMNS = 3
COLUMNS = [*KEY, "step", "steps_back", "ratio", "information_distance"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition, probe and step back: the norm of the gradient with respect to the state, relative to that at the end.

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


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a heat map a mitigation, a row a probe, the first on top; the end of the sequence at the right, so that the gradient goes back to the left."""
    distance = int(table.information_distance.iloc[0])
    panels = table.assign(panel=[f"{words(row.model)}\n{row_label(row.mitigation)}" for row in table[["model", "mitigation"]].itertuples()])
    grid = facets(panels, "panel", 2.0, col_wrap=min(panels.panel.nunique(), MAX_COLUMNS), sharex=False, sharey=False)
    for number, (panel, axes) in enumerate(grid.axes_dict.items()):
        ratios = panels[panels.panel == panel].pivot(index="step", columns="steps_back", values="ratio")
        draw_condition(axes, ratios, distance)
        axes.set_title(panel, fontsize=8.5)
        axes.set_ylabel("training step" if number % MAX_COLUMNS == 0 else "", labelpad=-12)
    grid.lay_out(w_pad=0.8)
    bar = grid.figure.colorbar(ScalarMappable(LEVELS, MAP), cax=grid.figure.add_axes((1.01, 0.25, 0.016, 0.5)))
    bar.solids.set_rasterized(True)
    bar.set_ticks([-1, -DECADES[0] // 2, -DECADES[0], len(COLOURS) - 2], labels=["0", "1e-6", "1", "10"], minor=False)
    bar.minorticks_off()
    bar.ax.tick_params(length=0)
    bar.outline.set_linewidth(0.4)
    bar.set_label("gradient, relative to the end", labelpad=2)
    return grid.figure


def draw_condition(axes: Axes, ratios: pd.DataFrame, distance: int) -> None:
    """Draw the ratios [probe, step back] of one condition."""
    levels = pd.DataFrame(level(ratios.to_numpy()), ratios.index, ratios.columns)
    sns.heatmap(levels, ax=axes, cmap=MAP, norm=LEVELS, cbar=False, rasterized=True)
    if (levels < 0).all(axis=None):
        note(axes, "no gradient")
    axes.axvline(distance + 0.5, color=INK, linestyle=DOTTED, linewidth=1.4)
    axes.set_xlim(len(ratios.columns), 0)
    axes.set_xticks([0.5, distance + 0.5], ["0", f"{distance}"], rotation=0)
    axes.set_yticks([0.5, len(ratios) - 0.5], [f"{ratios.index[0]}", f"{ratios.index[-1]}"], rotation=0)
    axes.tick_params(length=0, pad=2)
    axes.set_xlabel("steps back")
    axes.spines[:].set_visible(True)


def level(ratios: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the power of ten of each ratio, from 0 for the lowest that has a colour; -1 for exactly zero."""
    with np.errstate(divide="ignore"):
        powers = np.floor(np.clip(np.nan_to_num(np.log10(ratios), neginf=-99, posinf=99), *DECADES) + 0.5) - DECADES[0]
    return np.where(ratios > 0, np.minimum(powers, len(COLOURS) - 2), -1).astype(int)


def first_compared(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the page shows: at the longest lag of each task up to three conditions that have a gradient, those of `COMPARED` first."""
    rows = longest_lags(table)
    parts = []
    for _, part in rows.groupby("task", sort=False):
        pairs = list(dict.fromkeys(zip(part.model, part.mitigation, strict=True)))
        first = [pair for pair in COMPARED if pair in pairs]
        shown = [*first, *(pair for pair in pairs if pair not in first)][: len(COMPARED)]
        parts += [part[(part.model == model) & (part.mitigation == mitigation)] for model, mitigation in shown]
    return pd.concat(parts) if parts else rows


FIGURE = Figure(
    name="gradients",
    title="Gradient through time",
    question="How much of the error at the end reaches each earlier step, as the network trains?",
    caption=(
        "Each row is a probe during training, from the first step at the top to the last; from right to left, steps back from the end of the sequence. The "
        "colour is the norm of the gradient of the last step's loss with respect to the state there (of an LSTM its cell too), relative to the end: "
        "full where it is as large, paler by the powers of ten to 1e-12, white where it is exactly zero, warm where it grows. The dotted line is where the "
        "information is: a gradient that is pale there cannot teach the network to keep it. Medians over the evaluation trials."
    ),
    position=5,
    table=table,
    draw=draw,
    page=first_compared,
)
