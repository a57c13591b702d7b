"""`unvanish report`: the page and the tables, from MLflow alone."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri
from unvanish.suite.execution.timing import metric
from unvanish.suite.output import output_folder


def report(
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    figures: Annotated[Path | None, typer.Option(help="A folder for every figure as SVG, PDF and PNG, with its data as CSV.")] = None,
    plugin: Plugin = None,
) -> None:
    """Write report.html and the tables of the newest benchmark from what MLflow holds."""
    started = perf_counter()
    from unvanish.suite.run import load

    benchmark = load(output, tracking_uri)
    from unvanish.reports.figures.files import write_drawings, write_figures
    from unvanish.reports.pages.benchmark import contents, drawings
    from unvanish.reports.write import write

    with output_folder(output):
        page = contents(benchmark)
        list(write_drawings(drawings(page), output / "figures"))
        for path in write(benchmark, page, {metric("report"): perf_counter() - started} | benchmark.times, output):
            print(path)
    if figures:
        with output_folder(figures):
            for path in write_figures(benchmark, figures):
                print(path)
