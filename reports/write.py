"""The page and the tables of a benchmark as files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.files import ENDINGS
from unvanish.reports.pages.benchmark import render
from unvanish.reports.tables import paper
from unvanish.suite.export.networks_file import NETWORKS_FILE, write_networks
from unvanish.suite.output import atomic_write
from unvanish.suite.tables.schema import markdown


def write(benchmark: Benchmark, contents: Mapping[str, Any], times: Mapping[str, float], output: Path) -> list[Path]:
    """Write the page, of these contents and times, and the tables; each file is complete or not there at all.

    The page links to the files of its figures, which `unvanish.reports.figures.files.write_drawings` writes.
    """
    files: dict[str, Callable[[Path], object]] = {
        "report.html": lambda path: path.write_text(render(contents, times, ENDINGS), encoding="utf-8"),
        "trials.parquet": lambda path: benchmark.trials.to_parquet(path, index=False),
        "trials.csv": lambda path: benchmark.trials.to_csv(path, index=False),
        "conditions.csv": lambda path: benchmark.conditions.to_csv(path, index=False, float_format="%.6g"),
        "conditions.tex": lambda path: path.write_text(paper.latex(benchmark.conditions), encoding="utf-8"),
        "conditions.md": lambda path: path.write_text(paper.markdown(benchmark.conditions), encoding="utf-8"),
        "methods.md": lambda path: path.write_text(f"{paper.methods(benchmark.plan)}\n", encoding="utf-8"),
        "citation.bib": lambda path: path.write_text(paper.bibtex(benchmark.plan, benchmark.context), encoding="utf-8"),
        "columns.md": lambda path: path.write_text(markdown(), encoding="utf-8"),
        "references.csv": lambda path: benchmark.references.to_csv(path, index=False),
        "step_costs.csv": lambda path: benchmark.step_costs.to_csv(path, index=False, float_format="%.6g"),
        "curves.parquet": lambda path: shutil.copyfile(benchmark.long_tables.file("curves"), path),
        "probes.parquet": lambda path: shutil.copyfile(benchmark.long_tables.file("probes"), path),
        "gradients.parquet": lambda path: shutil.copyfile(benchmark.long_tables.file("gradients"), path),
    }
    run_ids = [run_id for answer in benchmark.recorded if answer.asks_log for run_id in answer.run_ids]
    if run_ids and benchmark.read_trained is not None:
        read_trained = benchmark.read_trained
        files[NETWORKS_FILE] = lambda path: write_networks(path, run_ids, read_trained)
    for name, write_file in files.items():
        with atomic_write(output / name) as path:
            write_file(path)
    return [output / name for name in files]
