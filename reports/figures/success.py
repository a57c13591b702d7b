"""The heat map: mitigation x model for each task and lag."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import DARK_LETTERS, FAINT, INK, ON, TINTS
from unvanish.reports.tables.conditions import KEY, NOT_APPLICABLE, NOT_RUN, PARTLY_FAILED
from unvanish.suite.experiment.roles import of_control_models

CONTROL = "control"  # stands for every mitigation of a model without a state
COLUMNS = [*KEY, "state", "n_solved", "n_trials", "score"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition; those of a model without a state are one row at each lag, the control."""
    conditions = data.conditions.reindex(columns=COLUMNS)  # without any result there is no score
    stateless = conditions[of_control_models(conditions)]
    pooled = stateless[stateless.n_trials > 0].groupby(["task", "lag", "model"], as_index=False, sort=False)
    controls = pooled.agg(state=("state", "max"), n_solved=("n_solved", "sum"), n_trials=("n_trials", "sum"), score=("score", "median")).assign(
        mitigation=CONTROL
    )
    together = pd.concat([with_state(conditions), controls[COLUMNS]]) if len(controls) else with_state(conditions)
    return ordered(together, data)


def draw(axes: Axes, panel: Panel) -> None:
    cells = panel.rows[panel.rows.mitigation != CONTROL]
    columns, rows = list(dict.fromkeys(cells.model)), list(dict.fromkeys(cells.mitigation))
    for cell in cells.itertuples():
        one_cell(axes, cell, columns.index(cell.model), rows.index(cell.mitigation), 1)
    for y, cell in enumerate(panel.rows[panel.rows.mitigation == CONTROL].itertuples(), start=len(rows)):
        one_cell(axes, cell, 0, y, max(len(columns), 1))
        rows.append(f"{words(cell.model)} (control)")
    axes.set_title(f"lag {panel.name}", pad=14)
    axes.set(xlim=(0, max(len(columns), 1)), ylim=(len(rows), 0))
    axes.set_xticks([x + 0.5 for x in range(len(columns))], columns)
    axes.set_yticks([y + 0.5 for y in range(len(rows))], map(words, rows))
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=2)
    axes.spines[:].set_visible(False)


def one_cell(axes: Axes, cell: Any, x: int, y: int, width: int) -> None:
    """A condition; the column of a cell is its model, the row its mitigation."""
    if cell.state in (NOT_APPLICABLE, NOT_RUN):
        patch = Rectangle((x, y), width, 1, facecolor="none", edgecolor=FAINT, linewidth=0.4, hatch="////", alpha=0.35)
        text, ink = ("n/a" if cell.state == NOT_APPLICABLE else "not run"), INK
    else:
        shade = tint(cell.score, cell.n_solved == cell.n_trials)
        patch = Rectangle((x + 0.02, y + 0.03), width - 0.04, 0.94, facecolor=TINTS[shade], edgecolor="none")
        text = f"{cell.n_solved}/{cell.n_trials}" + (" !" if cell.state == PARTLY_FAILED else "")
        ink = INK if shade < DARK_LETTERS else ON
    label = f"{words(cell.model)}, {words(cell.mitigation)}, lag {cell.lag}: {text.replace('/', ' of ')}"
    if cell.mitigation != CONTROL:
        patch.set_url(f"#{anchor(cell.task, cell.lag, cell.model, cell.mitigation)}|{label}")
    axes.add_patch(patch)
    axes.text(x + width / 2, y + 0.5, text, ha="center", va="center", color=ink, fontsize=7 if text == "not run" else 8)


def tint(score: float, all_solved: bool) -> int:
    """The strength of a cell's colour: full where every trial solved the task, else by the median score."""
    return len(TINTS) - 1 if all_solved else int(min(max(score, 0.0), 1.0) * (len(TINTS) - 2))


def anchor(task: str, lag: int, model: str, mitigation: str) -> str:
    """The id of a condition's row on the page."""
    return f"{task}.{lag}.{model}.{mitigation}"


FIGURE = Figure(
    name="success",
    title="Solved of tried",
    caption=(
        "Each cell is a condition: evaluation trials solved of tried. The colour is the median score, pale at the memoryless baseline, full where every "
        "trial solved the task. A ! says that trials of it failed to run; n/a that the mitigation has no meaning for the model. A network without a state "
        "is the one control for all mitigations."
    ),
    position=1,
    table=table,
    across=("task",),
    panel="lag",
    draw=draw,
    size=lambda group: (0.62 * max(group.model.nunique() - (group.mitigation == CONTROL).any(), 1), 0.25 * group.mitigation.nunique()),
    margins=(1.55, 0.05, 0.05, 0.5),
)
