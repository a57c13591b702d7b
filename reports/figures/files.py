"""Figures for papers: every figure as SVG and PDF, with the rows that it is drawn from as CSV."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib

from reports.dataset import Dataset
from reports.figures import FIGURES
from reports.figures.style import STYLE

EMBEDDED = {"pdf.fonttype": 42}  # letters as letters, which journals ask for


def write_figures(data: Dataset, folder: Path, endings: Sequence[str] = ("svg", "pdf", "csv")) -> Iterator[Path]:
    """The paths of the files with these endings, each complete; raises `BlankPanel`. A figure that the benchmark has nothing for has no file."""
    for figure in FIGURES:
        for name, table, canvas in figure.sheets(figure.table(data)):
            with matplotlib.rc_context(STYLE | EMBEDDED | {"svg.hashsalt": name}):
                written = {
                    "svg": lambda path, canvas=canvas: canvas.savefig(path, format="svg", facecolor="white", metadata={"Date": None}),
                    "pdf": lambda path, canvas=canvas: canvas.savefig(path, format="pdf", facecolor="white", metadata={"CreationDate": None}),
                    "csv": lambda path, table=table: table.to_csv(path, index=False),
                }
                for ending in endings:
                    unfinished, path = folder / f".{name}.unfinished", folder / f"{name}.{ending}"
                    written[ending](unfinished)
                    os.replace(unfinished, path)
                    yield path
