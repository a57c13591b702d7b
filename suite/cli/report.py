"""`unvanish report`: the page and the tables, from MLflow alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.account import metric
from suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri
from suite.cli.output import output_folder

if TYPE_CHECKING:
    from reports.dataset import Dataset


def report(
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    figures: Annotated[Path | None, typer.Option(help="A folder for every figure as SVG and PDF, with its data as CSV.")] = None,
    plugin: Plugin = None,
) -> None:
    """Write report.html and the tables of the newest benchmark from what MLflow holds."""
    from suite.tracking import default_uri, open_existing

    uri = tracking_uri or default_uri(output)
    open_existing(uri)
    with output_folder(output):
        drawn = draw(uri)
        for path in write(drawn, {metric("report"): drawn.seconds} | drawn.data.metrics, output):
            print(path)
    if figures:
        from reports.figures.files import write_figures

        with output_folder(figures):
            for path in write_figures(drawn.data, figures):
                print(path)


@dataclass(frozen=True)
class Drawn:
    """A benchmark read from MLflow and what its page shows, with the seconds that this took."""

    data: Dataset
    contents: dict[str, Any]
    seconds: float


def draw(uri: str, run_id: str | None = None) -> Drawn:
    from reports.page import contents

    started = perf_counter()
    data = read_dataset(uri, run_id)
    return Drawn(data, contents(data), perf_counter() - started)


def read_dataset(uri: str, run_id: str | None = None) -> Dataset:
    """A benchmark as MLflow holds it, the newest one unless a run is named."""
    from reports.dataset import Dataset
    from suite.tracking import read

    return Dataset(**vars(read(uri, run_id)))


def write(drawn: Drawn, times: dict[str, float], output: Path) -> list[Path]:
    """The page and the tables; each file is complete or not there at all."""
    from reports.columns import markdown
    from reports.page import render

    page, data = render(drawn.contents, times), drawn.data
    files = {
        "report.html": lambda path: path.write_text(page, encoding="utf-8"),
        "trials.parquet": lambda path: data.trials.to_parquet(path, index=False),
        "trials.csv": lambda path: data.trials.to_csv(path, index=False),
        "conditions.csv": lambda path: data.conditions.to_csv(path, index=False),
        "columns.md": lambda path: path.write_text(markdown(), encoding="utf-8"),
        "references.csv": lambda path: data.references.to_csv(path, index=False),
        "curves.parquet": lambda path: data.curves.to_parquet(path, index=False),
        "probes.parquet": lambda path: data.probes.to_parquet(path, index=False),
        "gradients.parquet": lambda path: data.gradients.to_parquet(path, index=False),
    }
    for name, write_file in files.items():
        unfinished = output / f".{name}.unfinished"
        write_file(unfinished)
        os.replace(unfinished, output / name)
    return [output / name for name in files]
