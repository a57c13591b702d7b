"""Figures as files for papers: each as SVG, PDF and PNG, with the rows that it is drawn from as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from unvanish.reports.dataset import Dataset
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import Drawing
from unvanish.suite.output import whole_file

EMBEDDED: Any = {"pdf.fonttype": 42, "svg.fonttype": "none"}  # letters as letters, which journals ask for
DATES = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}  # left out, so that the same results are the same files


def write_figures(data: Dataset, folder: Path, endings: Sequence[str] = ("svg", "pdf", "png", "csv")) -> Iterator[Path]:
    """Write every figure and yield the paths, each of a complete file; raises `BlankPanel`. A figure that the benchmark has nothing for has no file."""
    for figure in FIGURES:
        for drawing in figure.drawings(figure.table(data)):
            yield from write_drawing(drawing, folder, endings)


def write_drawing(drawing: Drawing, folder: Path, endings: Sequence[str]) -> Iterator[Path]:
    """Write the files of one drawing."""
    for axes in drawing.canvas.axes:
        for patch in axes.patches:
            patch.set_url(None)  # a link within the page
    for ending in endings:
        with whole_file(folder / f"{drawing.name}.{ending}") as path, matplotlib.rc_context(EMBEDDED | {"svg.hashsalt": drawing.name}):
            if ending == "csv":
                drawing.table.to_csv(path, index=False)
            else:
                drawing.canvas.savefig(path, format=ending, dpi=200, bbox_inches="tight", facecolor="white", metadata=DATES[ending])
        yield folder / f"{drawing.name}.{ending}"
