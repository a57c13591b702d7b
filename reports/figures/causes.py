"""What happened inside the trials, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure, Panel, words
from unvanish.reports.figures.marks import note, one_row_each
from unvanish.reports.figures.rows import ordered, with_state
from unvanish.reports.figures.style import ACCENT, INK, WARM
from unvanish.reports.tables.conditions import KEY

SOLVED, NONE_SEEN = "solved", "none seen"
MARKERS = {
    "gradient_spike": ("^", WARM),
    "vanished": ("v", INK),
    "weak": (">", INK),
    "saturated": ("s", INK),
    "dead": ("X", INK),
    "truncated": ("|", INK),
    "rate_too_high": ("d", WARM),
    "frozen": ("_", INK),
    SOLVED: ("o", ACCENT),
}
OTHER = ("*", INK)  # an event without a marker of its own
EARLY = 40  # of so many parts of the training the first is drawn to scale, later steps by their logarithm
SMALLEST, LARGEST = 3.0, 8.0  # points, of one trial and of all
COLUMNS = [*KEY, "event", "step", "n", "n_trials", "end"]


def table(data: Benchmark) -> pd.DataFrame:
    """A row a condition and event, or solution: in how many of its evaluation trials, and at which step in the median; a row of none seen without any."""
    evaluated = with_state(data.evaluated[data.evaluated.status != "failed"])
    if evaluated.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = evaluated.assign(happened=[happened(trial) for trial in evaluated.itertuples()]).explode("happened")
    found["event"], found["step"] = zip(*found.happened, strict=True)
    counted = found.groupby([*KEY, "event"], sort=False).agg(step=("step", "median"), n=("seed", "nunique")).reset_index()
    of_condition = evaluated.groupby(KEY, sort=False).agg(n_trials=("seed", "nunique"), end=("steps", "max"))
    return ordered(counted.join(of_condition, on=KEY)[COLUMNS], data)


def happened(trial: pd.Series) -> list[tuple[str, float]]:
    """The first of each kind of event of a trial, and its solution, with their steps."""
    events = [part.split("@") for part in trial.events.split(";") if part]
    first: dict[str, float] = {}
    for name, step in events:
        first.setdefault(name, float(step))
    if trial.outcome == SOLVED and pd.notna(trial.solved_at):
        first[SOLVED] = float(trial.solved_at)
    return list(first.items()) or [(NONE_SEEN, np.nan)]


def draw(axes: Axes, panel: Panel) -> None:
    """A row a mitigation; a mark is an event at its median step, the larger the more trials it happened to."""
    names = list(dict.fromkeys(panel.group.mitigation))
    seen = panel.rows[panel.rows.event != NONE_SEEN]
    for row in seen.itertuples():
        marker, colour = MARKERS.get(row.event, OTHER)
        size = SMALLEST + (LARGEST - SMALLEST) * row.n / row.n_trials
        y = names.index(row.mitigation)
        axes.plot(row.step, y, marker=marker, color=colour, markersize=size, markeredgewidth=1.2 if marker in "|_" else 0, linestyle="none", clip_on=False)
        above = 3 if row.event == SOLVED else -3  # so that the numbers of neighbours do not cover each other
        axes.annotate(f"{row.n}", (row.step, y), xytext=(size / 2 + 0.5, above), textcoords="offset points", va="center", fontsize=6, color=INK)
    if seen.empty:
        note(axes, "none seen")
    end = panel.group.end.max()
    axes.set_xscale("symlog", linthresh=end / EARLY, linscale=0.5)  # most of it happens early
    axes.minorticks_off()
    axes.set_xlim(-0.2 * end / EARLY, 1.1 * end)
    ticks = [0, *(power for power in (10, 100, 1000, 10000, 100000) if 2 * end / EARLY < power < end / 4), end]
    axes.set_xticks(ticks, [f"{tick:.0f}" for tick in ticks])
    axes.set_xlabel("training step")  # below the ticks in the middle
    axes.set_title(words(panel.name))
    axes.grid(True, axis="y")
    one_row_each(axes, [words(name) for name in names])


FIGURE = Figure(
    name="causes",
    title="Causes over time",
    caption=(
        "A mark is an event at its median step, the larger the more of the evaluation trials it happened to; the number says how many. "
        "▲ gradient spike, ▼ vanished, ▶ weak from the start, ■ saturated, ✖ dead, | truncated, ◆ rate too high, – frozen, "
        "● solved. The first event of a trial is its cause; trials that are solved have events too. Trials that failed to run are left out."
    ),
    position=7,
    table=table,
    across=("task", "lag"),
    panel="model",
    draw=draw,
    size=lambda group: (1.6, 0.24 * group.mitigation.nunique() + 0.05),
    margins=(1.55, 0.4, 0.2, 0.25),
    longest=True,
)
