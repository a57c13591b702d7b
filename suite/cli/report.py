"""`unvanish report`: the page and the tables, from MLflow alone."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

from suite.cli.options import Output, TrackingUri
from suite.cli.output import output_folder


def report(output: Output, tracking_uri: TrackingUri = None) -> None:
    """Write report.html and the tables of the newest benchmark from what MLflow holds."""
    from suite.tracking import default_uri, open_existing

    uri = tracking_uri or default_uri(output)
    open_existing(uri)
    with output_folder(output):
        for path in write_report(uri, output):
            print(path)


def write_report(uri: str, output: Path, run_id: str | None = None) -> list[Path]:
    """Reads a benchmark from MLflow and writes its page and tables; each file is complete or not there at all."""
    from reports.page import render
    from suite.tracking import read

    started = perf_counter()
    records = read(uri, run_id)
    page = render(records.plan, records.context, records.metrics, records.trials, records.curves, records.gradients, started)
    files = {
        "report.html": lambda path: path.write_text(page, encoding="utf-8"),
        "trials.parquet": lambda path: records.trials.to_parquet(path, index=False),
        "trials.csv": lambda path: records.trials.to_csv(path, index=False),
        "curves.parquet": lambda path: records.curves.to_parquet(path, index=False),
        "gradients.parquet": lambda path: records.gradients.to_parquet(path, index=False),
    }
    for name, write in files.items():
        unfinished = output / f".{name}.unfinished"
        write(unfinished)
        os.replace(unfinished, output / name)
    return [output / name for name in files]
