"""Figures as files for papers: each as SVG, PDF and PNG, with the rows that it is drawn from as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import Drawing
from unvanish.suite.output import atomic_write

EMBEDDED: Any = {"pdf.fonttype": 42, "svg.fonttype": "none"}  # letters as letters, which journals ask for
DPI = 200
DATES = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}  # left out, so that the same results are the same files


def write_figures(data: Benchmark, folder: Path, endings: Sequence[str] = ("svg", "pdf", "png", "csv")) -> Iterator[Path]:
    """Write every figure and yield the paths, each of a complete file; raises `BlankPanel`. A figure that the benchmark has nothing for has no file."""
    for figure in FIGURES:
        yield from write_drawings(figure.drawings(figure.table(data)), folder, endings)


def write_drawings(drawings: Iterable[Drawing], folder: Path, endings: Sequence[str]) -> Iterator[Path]:
    """Write the files of drawings, without the links that lead elsewhere on the page."""
    for drawing in drawings:
        for axes in drawing.canvas.axes:
            for patch in axes.patches:
                patch.set_url(None)
        for ending in endings:
            path = folder / f"{drawing.name}.{ending}"
            with atomic_write(path) as unfinished, matplotlib.rc_context(EMBEDDED | {"svg.hashsalt": drawing.name}):
                if ending == "csv":
                    drawing.table.to_csv(unfinished, index=False)
                else:
                    drawing.canvas.savefig(unfinished, format=ending, dpi=DPI, bbox_inches="tight", facecolor="white", metadata=DATES[ending])
            yield path
