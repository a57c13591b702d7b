"""What a panel is drawn of, and whether it shows any of its data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from unvanish.reports.figures.style import ACCENT, GREY, INK

CONTEXT, NOTE = "context", "note"  # group ids of what is drawn to compare with, and of a text that says why there is nothing
FEW_SEEDS, POINTS = 5, 60  # evaluation seeds drawn each for itself; points of a line
EDGE = 0.02  # of the axes: marks on their edge are seen


def shows_something(axes: Axes) -> bool:
    """Whether data of the panel itself can be seen in it, or a note that says why there is none; reference lines and context do not count."""
    if any(text.get_gid() == NOTE and text.get_text() for text in axes.texts) or any(np.isfinite(np.asarray(image.get_array())).any() for image in axes.images):
        return True
    axes.autoscale_view()  # limits that nothing has set yet are found when they are drawn
    to_axes = axes.transScale + axes.transLimits
    for points in vertices(axes):
        with np.errstate(all="ignore"):
            places = to_axes.transform(points[np.isfinite(points).all(axis=1)])
        if ((places >= -EDGE) & (places <= 1 + EDGE)).all(axis=1).any():
            return True
    return False


def vertices(axes: Axes) -> Iterator[NDArray[np.float64]]:
    """The points, [point, 2] in data coordinates, of each artist that is drawn of the panel's data."""

    def of_data(artist: Artist) -> bool:
        return artist.get_visible() and artist.get_gid() != CONTEXT

    for line in filter(of_data, axes.lines):
        # a reference line is in data coordinates along one axis only
        drawn = line.get_linestyle() not in ("None", "") or line.get_marker() not in ("None", "", None)
        if drawn and all(line.get_transform().contains_branch_seperately(axes.transData)):
            yield np.asarray(line.get_xydata(), dtype=float)
    for patch in filter(of_data, axes.patches):
        corners = patch.get_patch_transform().transform(patch.get_path().vertices)
        if np.ptp(corners, axis=0).all():
            yield corners
    for collection in filter(of_data, axes.collections):
        if isinstance(collection, PolyCollection):
            yield from (np.asarray(path.vertices) for path in collection.get_paths())
        else:
            yield np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)


def note(axes: Axes, text: str) -> None:
    """Says in the middle of a panel why nothing is drawn there."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=INK, fontsize=7.5, style="italic", wrap=True, gid=NOTE)


def lines(axes: Axes, table: pd.DataFrame, colour: str = ACCENT) -> None:
    """A line for each seed where they are few; the median, and a band with the middle half of them, where they are many.

    `table` has the y of each x (down) and seed (across). A value that is missing, since the trial exploded, counts as infinite:
    those that are left must not speak for all.
    """
    kept = table.iloc[np.unique(np.linspace(0, len(table) - 1, min(POINTS, len(table))).round().astype(int))]
    if kept.shape[1] <= FEW_SEEDS:
        axes.plot(kept.index, kept.where(np.isfinite(kept)), color=colour, linewidth=1.2, alpha=0.85)
    else:
        low, middle, high = (quantile(kept, share) for share in (0.25, 0.5, 0.75))
        axes.fill_between(kept.index, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(kept.index, middle, color=colour, linewidth=1.4)


def context(axes: Axes, table: pd.DataFrame) -> None:
    """The median of a neighbour, in grey."""
    kept = table.iloc[np.unique(np.linspace(0, len(table) - 1, min(POINTS // 3, len(table))).round().astype(int))]
    axes.plot(kept.index, quantile(kept, 0.5), color=GREY, linewidth=0.8, zorder=1, gid=CONTEXT)


def quantile(table: pd.DataFrame, share: float) -> pd.Series:
    """A quantile over the seeds at each x, in which a missing value counts as infinite; missing where it is."""
    found = table.fillna(np.inf).quantile(share, axis=1, interpolation="higher")
    return found.where(np.isfinite(found))


def one_row_each(axes: Axes, names: list[str]) -> None:
    """A row for each name, the first one on top, counted from 0."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def point(axes: Axes, y: float, low: float, here: float, high: float) -> None:
    """A figure on row y with its interval; one whose bounds are unknown has none."""
    axes.plot([low, high], [y, y], color=ACCENT, linewidth=3, alpha=0.3)
    axes.plot(here, y, marker="o", color=ACCENT, markersize=4.5, linestyle="none")
