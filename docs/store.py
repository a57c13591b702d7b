"""Store the results of a finished run in docs, and write the numbers of README and docs from them: python docs/store.py RESULTS.

A benchmark of the profile reference goes to docs/reference, from where it ships, one of quick to docs/quick; what `unvanish validate` left
in RESULTS goes to docs/validation.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import write_numbers

import unvanish
from unvanish import Benchmark
from unvanish.reports.pages.shipping import ship
from unvanish.suite.execution.timing import metric

DOCS = Path(__file__).parent
LIMIT = 2_000_000  # bytes of what is to be read of docs/reference: the page and the table of conditions


def store_reference(benchmark: Benchmark) -> None:
    """Write docs/reference; exit where the page and the table of conditions have become too large to read."""
    size = sum(path.stat().st_size for path in ship(benchmark) if path.name in ("report.html", "conditions.csv"))
    if size > LIMIT:
        sys.exit(f"report.html and conditions.csv have {size / 1e6:.2f} MB together, more than {LIMIT / 1e6:g} MB")


def store_quick(benchmark: Benchmark) -> None:
    """Write docs/quick: plan.json, context.json (with the minutes on the clock and the workers), trials.parquet, conditions.csv, step_costs.csv and
    claims.csv."""
    folder, times = DOCS / "quick", benchmark.times
    folder.mkdir(exist_ok=True)
    clock = {"minutes": f"{(times[metric('wall')] + times[metric('report')]) / 60:.1f}", "workers": f"{times[metric('workers')]:.0f}"}
    write_json(benchmark.plan.model_dump(), folder / "plan.json")
    write_json(benchmark.context | clock | {"command": "unvanish run quick"}, folder / "context.json")
    benchmark.trials.assign(run_id="").to_parquet(folder / "trials.parquet", index=False, compression="zstd")
    benchmark.conditions.to_csv(folder / "conditions.csv", index=False, float_format="%.6g")
    benchmark.step_costs.to_csv(folder / "step_costs.csv", index=False, float_format="%.6g")
    benchmark.claims.to_csv(folder / "claims.csv", index=False, float_format="%.6g")


def store_validation(results: Path) -> None:
    """Write docs/validation: rescues.csv as it is, and context.json of the run that trained its trials."""
    folder = DOCS / "validation"
    folder.mkdir(exist_ok=True)
    shutil.copy(results / "rescues.csv", folder)
    write_json(unvanish.load(results).context | {"command": "unvanish validate"}, folder / "context.json")


def write_json(content: Any, path: Path) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


STORES = {"quick": store_quick, "reference": store_reference}


def main(results: Path) -> None:
    if (results / "rescues.csv").exists():
        store_validation(results)
    else:
        benchmark = unvanish.load(results)
        name = benchmark.plan.profile.name
        if name not in STORES:
            sys.exit(f"{results} holds a benchmark of the profile {name}; only {' and '.join(STORES)} are stored")
        if not set(benchmark.conditions.state) <= {"run", "not applicable"}:
            sys.exit(f"{results} holds no complete benchmark of the profile {name}; run it first: unvanish run {name} --output {results}")
        STORES[name](benchmark)
    write_numbers.write()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
