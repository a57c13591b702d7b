"""The page and the tables of a benchmark as files, from what is tracked."""

from __future__ import annotations

import gc
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from unvanish.reports.dataset import Dataset
from unvanish.reports.figures.files import write_figures
from unvanish.reports.pages.benchmark import contents, render
from unvanish.suite.execution.timing import metric
from unvanish.suite.output import whole_file
from unvanish.suite.run import load
from unvanish.suite.tables.columns import markdown
from unvanish.suite.tracking import BenchmarkWriter


@dataclass(frozen=True)
class Drawn:
    """A benchmark read from MLflow and what its page shows, with the seconds that this took."""

    data: Dataset
    contents: dict[str, Any]
    seconds: float


def draw(uri: str, run_id: str | None = None) -> Drawn:
    """Reads a benchmark, the newest one unless a run is named, and draws its page; raises `BlankPanel`."""
    started = perf_counter()
    gc.freeze()  # what was imported stays; to look through it for garbage again and again takes a tenth of the time
    data = read_dataset(uri, run_id)
    return Drawn(data, contents(data), perf_counter() - started)


def read_dataset(uri: str, run_id: str | None = None) -> Dataset:
    """A benchmark as MLflow holds it, the newest one unless a run is named."""
    found = vars(load(tracking_uri=uri, run_id=run_id).records)
    return Dataset(**{name: found[name] for name in found if name != "run_id"})


def write(drawn: Drawn, times: dict[str, float], output: Path) -> list[Path]:
    """The page and the tables; each file is complete or not there at all."""
    page, data = render(drawn.contents, times), drawn.data
    files = {
        "report.html": lambda path: path.write_text(page, encoding="utf-8"),
        "trials.parquet": lambda path: data.trials.to_parquet(path, index=False),
        "trials.csv": lambda path: data.trials.to_csv(path, index=False),
        "conditions.csv": lambda path: data.conditions.to_csv(path, index=False, float_format="%.6g"),
        "columns.md": lambda path: path.write_text(markdown(), encoding="utf-8"),
        "references.csv": lambda path: data.references.to_csv(path, index=False),
        "curves.parquet": lambda path: data.curves.to_parquet(path, index=False),
        "probes.parquet": lambda path: data.probes.to_parquet(path, index=False),
        "gradients.parquet": lambda path: data.gradients.to_parquet(path, index=False),
    }
    for name, write_file in files.items():
        with whole_file(output / name) as path:
            write_file(path)
    return [output / name for name in files]


def attach(writer: BenchmarkWriter, drawn: Drawn, output: Path) -> None:
    """Writes the report of a run, and keeps it and its figures with the run."""
    times = drawn.data.metrics | {metric("report"): drawn.seconds + writer.before.get(metric("report"), 0.0)}
    writer.record_times(times)
    writer.attach(write(drawn, times, output))
    with tempfile.TemporaryDirectory() as folder:
        writer.attach(write_figures(drawn.data, Path(folder), ("svg",), on_page=True), "figures")
