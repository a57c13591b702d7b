"""The heat map: mitigation x model for each task and lag."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigations, row_label
from unvanish.reports.figures.figure import Figure, words
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import PAPER, TINTS, tint
from unvanish.reports.shown_text import shown, undrawn
from unvanish.reports.tables.conditions import KEY, NOT_APPLICABLE, NOT_RUN, RUN
from unvanish.reports.tables.failures import FAILED, solved_of
from unvanish.suite.experiment.roles import is_of_control_model

CONTROL = "control"  # stands for every mitigation of a model without a state
COLUMNS = [*KEY, "state", "n_solved", "n_trials", "n_failed", "score"]
COLOURS = ListedColormap(TINTS)
LEVELS = BoundaryNorm(np.arange(len(TINTS) + 1) - 0.5, len(TINTS))
WITHOUT_RESULT = {NOT_APPLICABLE: "n/a", NOT_RUN: "not run", FAILED: "failed"}
ROW_HEIGHT = 0.29  # inches
NOT_IN_ADDRESS = re.compile(r"[^A-Za-z0-9_.,:()=+-]")


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition; those of a model without a state are one row at each lag, the control."""
    conditions = data.conditions.reindex(columns=COLUMNS)  # without any result there is no score
    stateless = conditions[is_of_control_model(conditions)]
    tried = stateless[stateless.n_trials + stateless.n_failed > 0]
    sums = {name: (name, "sum") for name in ("n_solved", "n_trials", "n_failed")}
    controls = tried.groupby(["task", "lag", "model"], as_index=False, sort=False).agg(**sums, score=("score", "median"))
    controls = controls.assign(mitigation=CONTROL, state=np.where(controls.n_trials > 0, RUN, FAILED))
    together = pd.concat([with_state(conditions), controls[COLUMNS]]) if len(controls) else with_state(conditions)
    return ordered(together, data)


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a heat map for each lag side by side, a row a mitigation, a column a model."""
    is_control = table.mitigation == CONTROL
    cells = table.assign(
        row=[f"{words(cell.model)}\n(control)" if cell.mitigation == CONTROL else row_label(cell.mitigation) for cell in table.itertuples()],
        level=[np.nan if cell.state in WITHOUT_RESULT else tint(cell.score, cell.n_solved == cell.n_trials) for cell in table.itertuples()],
        text=[cell_text(cell) for cell in table.itertuples()],
    )
    models = list(dict.fromkeys(table[~is_control].model)) or list(dict.fromkeys(table.model))
    rows = list(dict.fromkeys([*map(row_label, mitigations(table[~is_control])), *cells[is_control].row]))
    grid = facets(cells.assign(panel=[f"lag {lag}" for lag in table.lag]), "panel", ROW_HEIGHT * len(rows) + 0.6, col_wrap=min(3, table.lag.nunique()))
    for panel, axes in grid.axes_dict.items():
        axes.set_title(panel, pad=16, y=1.0)  # above the names of the models
        draw_lag(axes, cells[cells.lag == int(panel.removeprefix("lag "))], models, rows)
    grid.lay_out()
    bar = grid.figure.colorbar(ScalarMappable(LEVELS, COLOURS), cax=grid.figure.add_axes((1.01, 0.2, 0.016, 0.6)), ticks=[0, len(TINTS) - 2])
    bar.ax.set_yticklabels(["0", "1"])
    bar.minorticks_off()
    bar.ax.tick_params(length=0)
    bar.ax.annotate("all\nsolved", (1.0, len(TINTS) - 1), xytext=(3.5, -2), textcoords="offset points", va="bottom", fontsize=8.5)
    bar.set_label("median score", labelpad=0)
    bar.outline.set_visible(False)
    return grid.figure


def draw_lag(axes: Axes, cells: pd.DataFrame, models: list[str], rows: list[str]) -> None:
    """Draw the cells of one lag; a control's one result is the colour of its whole row, with one number in it."""
    is_control = cells.mitigation == CONTROL
    levels, texts = (
        cells[~is_control].pivot(index="row", columns="model", values=values).reindex(index=rows, columns=models).astype(object) for values in ("level", "text")
    )
    for control in cells[is_control].itertuples():
        levels.loc[control.row] = control.level
        if control.state in WITHOUT_RESULT:
            write_without_result(axes, 0, rows.index(control.row), len(models), control.text)
        texts.loc[control.row] = [control.text if index == len(models) // 2 else "" for index in range(len(models))]
    sns.heatmap(
        levels.astype(float),
        ax=axes,
        annot=texts.fillna(""),
        fmt="",
        cmap=COLOURS,
        norm=LEVELS,
        vmin=0,  # not looked for, since there may be none
        vmax=len(TINTS),
        cbar=False,
        linewidths=1.2,
        linecolor=PAPER,
        annot_kws={"size": 8.5},
    )
    axes.collections[0].set_clip_on(False)
    axes.set(xlabel="", ylabel="")
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=1)
    axes.tick_params(axis="x", rotation=0)
    for cell in cells[~is_control].itertuples():
        x, y, without = models.index(cell.model), rows.index(cell.row), cell.state in WITHOUT_RESULT
        link = address(undrawn(cell.task), cell.lag, undrawn(cell.model), undrawn(cell.mitigation))
        axes.add_patch(Rectangle((x, y), 1, 1, fill=False, linewidth=0, url=link, clip_on=False))
        if without:
            write_without_result(axes, x, y, 1, cell.text)


def write_without_result(axes: Axes, x: int, y: int, width: int, text: str) -> None:
    """Hatch so many cells that have no result, and write why; seaborn writes nothing into a cell without a value."""
    axes.add_patch(Rectangle((x, y), width, 1, fill=False, linewidth=0, hatch="////", alpha=0.5, clip_on=False))
    axes.text(x + width / 2, y + 0.5, text, ha="center", va="center", fontsize=7.5)


def cell_text(cell: Any) -> str:
    """Return solved of tried, or why there is no result; with a ! where further trials failed to run."""
    return WITHOUT_RESULT.get(cell.state) or solved_of(cell.n_solved, cell.n_trials) + (" !" if cell.n_failed else "")


def links(table: pd.DataFrame) -> dict[str, str]:
    """Return what a screen reader says of the link in each cell, by its address."""
    cells = table[table.mitigation != CONTROL]
    return {
        address(cell.task, cell.lag, cell.model, cell.mitigation): f"{words(cell.model)}, {words(cell.mitigation)}, lag {cell.lag}: {spoken(cell)}"
        for cell in cells.itertuples()
    }


def spoken(cell: Any) -> str:
    """Return the text of a cell as it is read out."""
    return WITHOUT_RESULT.get(cell.state) or solved_of(cell.n_solved, cell.n_trials, cell.n_failed, " of ")


def address(task: str, lag: int, model: str, mitigation: str) -> str:
    """Return the address of a condition's row on the page."""
    return f"#{anchor(task, lag, model, mitigation)}"


def anchor(task: str, lag: int, model: str, mitigation: str) -> str:
    """Return the id of a condition's row on the page: ASCII that an address holds as it is; another character is its number between tildes."""
    return NOT_IN_ADDRESS.sub(lambda match: f"~{ord(match[0]):x}~", shown(f"{task}.{lag}.{model}.{mitigation}"))


FIGURE = Figure(
    name="success",
    title="Solved of tried",
    question="Which mitigation solves which task at which lag, in which network?",
    caption=(
        "Each cell is a condition: evaluation trials solved of tried. The colour is the median score, pale at the memoryless baseline, full where every "
        "trial solved the task. A ! says that further trials of it failed to run, and failed that none could be run; n/a that the mitigation has no meaning "
        "for the model. A network without a state is the one control for all mitigations."
    ),
    position=1,
    table=table,
    draw=draw,
    split=("task",),
)
