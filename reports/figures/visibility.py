"""Checks that a panel shows its data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from unvanish.reports.figures.style import INK

CONTEXT, NOTE = "context", "note"  # group ids of marks that are there for comparison, and of a text that says why there is nothing
EDGE = 0.02  # of the axes: marks on their edge are seen


def note(axes: Axes, text: str) -> None:
    """Write in the middle of a panel why nothing is drawn there."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=INK, style="italic", wrap=True, gid=NOTE)


def has_visible_data(axes: Axes) -> bool:
    """Return whether data of the panel itself can be seen in it, or a note that says why there is none; reference lines and context do not count."""
    if any(text.get_gid() == NOTE and text.get_text() for text in axes.texts):
        return True
    mapped = [artist.get_array() for artist in (*axes.images, *axes.collections) if isinstance(artist, (AxesImage, QuadMesh))]
    if any(np.isfinite(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)).any() for values in mapped):
        return True
    axes.autoscale_view()  # limits that nothing has set yet are found when they are drawn
    to_axes = axes.transScale + axes.transLimits
    for points in vertices(axes):
        with np.errstate(all="ignore"):
            corners = to_axes.transform(points[np.isfinite(points).all(axis=1)])
        if ((corners >= -EDGE) & (corners <= 1 + EDGE)).all(axis=1).any():
            return True
    return False


def vertices(axes: Axes) -> Iterator[NDArray[np.float64]]:
    """Yield the points, [point, 2] in data coordinates, of each artist that is drawn of the panel's data."""

    def is_data(artist: Artist) -> bool:
        return artist.get_visible() and artist.get_gid() != CONTEXT

    for line in filter(is_data, axes.lines):
        # a reference line is in data coordinates along one axis only
        drawn = line.get_linestyle() not in ("None", "") or line.get_marker() not in ("None", "", None)
        if drawn and all(line.get_transform().contains_branch_seperately(axes.transData)):
            yield np.asarray(line.get_xydata(), dtype=float)
    for patch in filter(is_data, axes.patches):
        corners = patch.get_patch_transform().transform(patch.get_path().vertices)
        if np.ptp(corners, axis=0).all():
            yield corners
    for collection in filter(is_data, axes.collections):
        if isinstance(collection, PathCollection):
            yield np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
        elif not isinstance(collection, QuadMesh):
            yield from (np.asarray(path.vertices) for path in collection.get_paths())
