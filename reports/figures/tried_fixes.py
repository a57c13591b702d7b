"""The skill on held-out rows over the steps of training, with each tried change of a program beside without."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib
import pandas as pd
import seaborn as sns
from markupsafe import Markup
from matplotlib import pyplot
from matplotlib.lines import Line2D

from unvanish.reports.figures.facets import facets, with_legend
from unvanish.reports.figures.style import ACCENT, DASHED, FAINT, INK, STYLE
from unvanish.reports.figures.svg import as_svg
from unvanish.reports.shown_text import drawn

LOWEST = -1.0  # of the axis: a training that diverged is far below
COLUMNS, HEIGHT = 3, 1.7  # panels beside each other, and the height of one in inches
TITLE_WIDTH = 28  # letters in a line of a panel's title
WITHOUT, WITH = "without", "with the change"
COLOURS = {WITHOUT: INK, WITH: ACCENT}


def table(tried: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row a change, program (`WITHOUT` or `WITH`), seed and point, from the plain data of what was tried."""
    shown = [fix for fix in (*tried["fixes"], *([tried["together"]] if tried["together"] else [])) if fix["scores"]]
    rows = [
        {"change": panel_title(fix), "program": program, "seed": seed, "step": step, "skill": max(-9.0 if skill is None else skill, LOWEST)}
        for fix in shown
        for program, scores in ((WITHOUT, tried["unchanged"]), (WITH, fix["scores"]))
        if scores
        for seed, curve in enumerate(scores["curve"])
        for step, skill in zip(scores["steps"], curve, strict=True)
    ]
    return pd.DataFrame(rows, columns=["change", "program", "seed", "step", "skill"])


def panel_title(fix: Mapping[str, Any]) -> str:
    """Return the change in few words; several together by that word."""
    return "together" if fix["fix"] == "together" else str(fix["change"])


def skill_curves(tried: Mapping[str, Any]) -> Iterator[Markup]:
    """Draw a panel a change: the mean skill with and without it over the seeds, with their range as a band, and the simple prediction dashed."""
    rows = table(tried)
    if rows.empty:
        return
    with matplotlib.rc_context(STYLE):
        grid = facets(rows, "change", HEIGHT, col_wrap=min(COLUMNS, rows.change.nunique()))
        grid.map_dataframe(
            sns.lineplot, x="step", y="skill", hue="program", hue_order=list(COLOURS), palette=COLOURS, errorbar=("pi", 100), legend=False, seed=0
        )
        for change, axes in grid.axes_dict.items():
            axes.axhline(0, color=FAINT, linestyle=DASHED, linewidth=0.9)
            axes.set_title("\n".join(textwrap.wrap(drawn(change), TITLE_WIDTH)), fontweight="normal", fontsize=8)
        grid.set(ylim=(LOWEST - 0.05, 1.05), xlabel="training step", ylabel="held-out skill")
        handles = [Line2D([], [], color=colour, label=name) for name, colour in COLOURS.items()]
        figure = with_legend(grid, [*handles, Line2D([], [], color=FAINT, linestyle=DASHED, label="simple prediction")])
    title = "Skill on held-out rows, with and without each change"
    drawing = as_svg(figure, "tried", title, described(tried["fixes"]))
    pyplot.close(figure)  # pyplot, which seaborn makes it with, would keep it
    yield drawing


def described(fixes: Sequence[Mapping[str, Any]]) -> str:
    """Return the end of each curve in words."""
    return " ".join(f"{fix['sentence'][0].upper()}{fix['sentence'][1:]}." for fix in fixes if fix["scores"])
