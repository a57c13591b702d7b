"""The events inside the trials, by training step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.facets import facets, mitigation_rows, mitigations, with_legend
from unvanish.reports.figures.figure import Figure, longest_lags, words
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import CAUSES, GREY, OTHER_CAUSE
from unvanish.reports.figures.visibility import note
from unvanish.reports.statistics.success import ran
from unvanish.reports.tables.conditions import KEY

SOLVED, NONE_SEEN = "solved", "none_seen"
EARLY = 40  # of so many parts of the training the first is drawn to scale, later steps by their logarithm
SIZES = (12.0, 60.0)  # square points, of one trial and of all
ROW_HEIGHT = 0.4  # inches
SPREAD = 0.8  # of a row's height, over which its events are spread
COLUMNS = [*KEY, "event", "step", "n", "n_trials", "end"]


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition and event, or solution: in how many of its evaluation trials, and at which step in the median.

    A condition without any event has a row of its own, with `NONE_SEEN` for one.
    """
    evaluated = ran(with_state(data.evaluated))
    if evaluated.empty:
        return pd.DataFrame(columns=COLUMNS)
    events = evaluated.assign(first=[first_events(trial) for trial in evaluated.itertuples()]).explode("first")
    events["event"], events["step"] = zip(*events["first"], strict=True)
    counted = events.groupby([*KEY, "event"], sort=False).agg(step=("step", "median"), n=("seed", "nunique")).reset_index()
    trials = evaluated.groupby(KEY, sort=False).agg(n_trials=("seed", "nunique"), end=("steps", "max"))
    return ordered(counted.join(trials, on=KEY)[COLUMNS], data)


def first_events(trial: pd.Series) -> list[tuple[str, float]]:
    """Return the first of each kind of event of a trial, and its solution, with their steps."""
    events = [part.split("@") for part in trial.events.split(";") if part]
    first: dict[str, float] = {}
    for name, step in events:
        first.setdefault(name, float(step))
    if trial.outcome == SOLVED and pd.notna(trial.solved_at):
        first[SOLVED] = float(trial.solved_at)
    return list(first.items()) or [(NONE_SEEN, np.nan)]


def draw(table: pd.DataFrame) -> Canvas:
    """Draw a row a mitigation, a panel a model; a mark is an event at its median step, the larger the more trials it happened to."""
    names = mitigations(table)
    events = list(dict.fromkeys(table[table.event != NONE_SEEN].event))
    looks = {event: CAUSES.get(event, OTHER_CAUSE) for event in events}
    marks = table.assign(
        row=[names.index(row.mitigation) + offset(row.event, events) for row in table.itertuples()],
        size=table.n / table.n_trials,
    )
    grid = facets(marks, "model", ROW_HEIGHT * len(names) + 0.75)
    end = table.end.max()
    ticks = [0, *(power for power in (10, 100, 1000, 10000, 100000) if end / EARLY < power < end / 2), end]
    for model, axes in grid.axes_dict.items():
        here = marks[(marks.model == model) & (marks.event != NONE_SEEN)]
        if here.empty:
            note(axes, "none seen")
        else:
            draw_marks(axes, here, events)
        axes.set_xscale("symlog", linthresh=end / EARLY, linscale=0.5)  # most of it happens early
        axes.minorticks_off()
        axes.set_xticks(ticks, [f"{tick:.0f}" for tick in ticks])
        axes.set_xlim(-0.2 * end / EARLY, 1.1 * end)
        for boundary in range(1, len(names)):
            axes.axhline(boundary - 0.5, color=GREY, linewidth=0.4)
    mitigation_rows(grid, names, "training step")
    return with_legend(grid, [Line2D([], [], linestyle="none", marker=marker, color=colour, label=words(event)) for event, (marker, colour) in looks.items()])


def draw_marks(axes: Axes, marks: pd.DataFrame, events: list[str]) -> None:
    """Draw the marks of one panel, each with its number of trials; `events` are those of all panels, so that each looks the same in all."""
    looks = {event: CAUSES.get(event, OTHER_CAUSE) for event in events}
    sns.scatterplot(
        marks, x="step", y="row", ax=axes, hue="event", style="event", size="size", hue_order=events, style_order=events, size_norm=(0, 1), sizes=SIZES,
        palette={event: colour for event, (_, colour) in looks.items()}, markers={event: marker for event, (marker, _) in looks.items()},
        linewidth=0, legend=False, clip_on=False, zorder=3,
    )  # fmt: skip
    for mark in marks.itertuples():
        axes.annotate(f"{mark.n}", (mark.step, mark.row), xytext=(4.5, 0), textcoords="offset points", va="center", fontsize=6.5, annotation_clip=False)


def offset(event: str, events: list[str]) -> float:
    """Return how far from the middle of its row a kind of event is drawn, so that marks at one step do not cover each other."""
    return 0.0 if event not in events else SPREAD * ((events.index(event) + 0.5) / len(events) - 0.5)


FIGURE = Figure(
    name="causes",
    title="Causes over time",
    question="What happened inside the trials, and when?",
    caption=(
        "A mark is an event at its median step, the larger the more of the evaluation trials it happened to; the number says how many. "
        "The first event of a trial is its cause; trials that are solved have events too. Trials that failed to run are left out."
    ),
    position=7,
    table=table,
    draw=draw,
    page=longest_lags,
)
