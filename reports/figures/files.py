"""Figures as files for papers: each as SVG, PDF and PNG, with the rows that it is drawn from as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import Drawing, failure_of
from unvanish.suite.output import atomic_write
from unvanish.tasks.errors import UsageError

EMBEDDED: Any = {"pdf.fonttype": 42, "svg.fonttype": "none"}  # letters as letters, which journals ask for
DPI = 200
ENDINGS = ("svg", "pdf", "png", "csv")
DATES = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}  # left out, so that the same results are the same files


def write_figures(data: Benchmark, folder: Path, endings: Sequence[str] = ENDINGS) -> Iterator[Path]:
    """Write every figure and yield the paths, each of a complete file. A figure that the benchmark has nothing for has no file.

    Raises `BlankPanel` for a figure that ships, and after all others `UsageError` for those of plug-ins that could not be drawn.
    """
    failures = []
    for figure in FIGURES:
        try:
            drawings = list(figure.drawings(figure.table(data)))
        except Exception as error:  # whatever a plug-in raises
            if figure.name in FIGURES.own:
                raise
            failures.append(failure_of(figure, error))
        else:
            yield from write_drawings(drawings, folder, endings)
    if failures:
        raise UsageError(f"{'; '.join(failures)}; correct it, or leave its --plugin out")


def write_drawings(drawings: Iterable[Drawing], folder: Path, endings: Sequence[str] = ENDINGS) -> Iterator[Path]:
    """Write the files of drawings, without the links that lead elsewhere on the page."""
    folder.mkdir(parents=True, exist_ok=True)
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
