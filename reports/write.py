"""The page and the tables of a benchmark as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unvanish.reports.dataset import Dataset
from unvanish.reports.figures.files import write_drawing
from unvanish.reports.pages.benchmark import contents, drawings, render
from unvanish.suite.execution.timing import metric
from unvanish.suite.output import whole_file
from unvanish.suite.run import load
from unvanish.suite.tables.columns import markdown


def write(benchmark: Benchmark, contents: Mapping[str, Any], times: Mapping[str, float], output: Path) -> list[Path]:
    """Write the page, of these contents and times, and the tables; each file is complete or not there at all."""
    files = {
        "report.html": lambda path: path.write_text(render(contents, times), encoding="utf-8"),
        "trials.parquet": lambda path: benchmark.trials.to_parquet(path, index=False),
        "trials.csv": lambda path: benchmark.trials.to_csv(path, index=False),
        "conditions.csv": lambda path: benchmark.conditions.to_csv(path, index=False, float_format="%.6g"),
        "columns.md": lambda path: path.write_text(markdown(), encoding="utf-8"),
        "references.csv": lambda path: benchmark.references.to_csv(path, index=False),
        "curves.parquet": lambda path: benchmark.curves.to_parquet(path, index=False),
        "probes.parquet": lambda path: benchmark.probes.to_parquet(path, index=False),
        "gradients.parquet": lambda path: benchmark.gradients.to_parquet(path, index=False),
    }
    for name, write_file in files.items():
        with atomic_write(output / name) as path:
            write_file(path)
    return [output / name for name in files]


def attach(writer: BenchmarkWriter, drawn: Drawn, output: Path) -> None:
    """Writes the report of a run, and keeps it and its figures with the run."""
    times = drawn.data.metrics | {metric("report"): drawn.seconds + writer.before.get(metric("report"), 0.0)}
    writer.record_times(times)
    writer.attach(write(drawn, times, output))
    with tempfile.TemporaryDirectory() as folder:
        writer.attach([path for drawing in drawings(drawn.contents) for path in write_drawing(drawing, Path(folder), ("svg",))], "figures")
