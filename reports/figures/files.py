"""Figures for papers: every figure as SVG and PDF, with the rows that it is drawn from as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.beside import later
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.style import STYLE
from unvanish.suite.output import atomic_write

EMBEDDED = {"pdf.fonttype": 42}  # letters as letters, which journals ask for


def write_figures(data: Benchmark, folder: Path, endings: Sequence[str] = ("svg", "pdf", "csv"), on_page: bool = False) -> Iterator[Path]:
    """The paths of the files with these endings, each complete; raises `BlankPanel`. A figure that the benchmark has nothing for has no file.

    on_page   whether only what the page shows of a figure is drawn
    """
    asked = []
    for figure in FIGURES:
        table = figure.table(data)
        asked.append(later(write_figure, figure.name, figure.on_page(table) if on_page else table, folder, endings))
    for written in asked:
        yield from written.result()


def write_figure(name: str, table: pd.DataFrame, folder: Path, endings: Sequence[str]) -> list[Path]:
    """The files of one figure, drawn from this table."""
    paths = []
    for sheet, part, canvas in FIGURES[name].sheets(table):
        with matplotlib.rc_context(STYLE | EMBEDDED | {"svg.hashsalt": sheet}):
            written = {
                "svg": lambda path, canvas=canvas: canvas.savefig(path, format="svg", facecolor="white", metadata={"Date": None}),
                "pdf": lambda path, canvas=canvas: canvas.savefig(path, format="pdf", facecolor="white", metadata={"CreationDate": None}),
                "csv": lambda path, part=part: part.to_csv(path, index=False),
            }
            for ending in endings:
                paths.append(folder / f"{sheet}.{ending}")
                with atomic_write(paths[-1]) as path:
                    written[ending](path)
    return paths
