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

import pandas as pd
import write_numbers

import unvanish
from unvanish.reports.shipped import PROFILE, ship
from unvanish.reports.write import read_dataset
from unvanish.suite.tracking import default_uri

DOCS = Path(__file__).parent
LIMIT = 2_000_000  # bytes of what is to be read of docs/reference: the page and the table of conditions


def store_reference(results: Path) -> None:
    """Write docs/reference; exits where the page and the table of conditions have become too large to read."""
    files = ship(read_dataset(default_uri(results)))
    size = sum(path.stat().st_size for path in files if path.name in ("report.html", "conditions.csv"))
    if size > LIMIT:
        sys.exit(f"report.html and conditions.csv have {size / 1e6:.2f} MB together, more than {LIMIT / 1e6:g} MB")


def store_quick(results: Path) -> None:
    """Write docs/quick: plan.json, context.json (with the minutes on the clock and the workers), trials.parquet and conditions.csv."""
    records, folder = unvanish.load(results).records, DOCS / "quick"
    folder.mkdir(exist_ok=True)
    seconds = records.metrics["time/wall"] + records.metrics["time/report"]
    clock = {"minutes": f"{seconds / 60:.1f}", "workers": f"{records.metrics['time/workers']:.0f}"}
    write_json(records.plan, folder / "plan.json")
    write_json(records.context | clock | {"command": "unvanish run quick"}, folder / "context.json")
    records.trials.assign(run_id="").to_parquet(folder / "trials.parquet", index=False, compression="zstd")
    shutil.copy(results / "conditions.csv", folder)


def store_validation(results: Path) -> None:
    """Write docs/validation: rescues.csv as it is, and context.json of the run that trained its trials."""
    folder = DOCS / "validation"
    folder.mkdir(exist_ok=True)
    shutil.copy(results / "rescues.csv", folder)
    write_json(unvanish.load(results).records.context | {"command": "unvanish validate"}, folder / "context.json")


def write_json(content: Any, path: Path) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


def main(results: Path) -> None:
    if (results / "rescues.csv").exists():
        store_validation(results)
        return write_numbers.write()
    stores = {PROFILE: store_reference, "quick": store_quick}
    name = unvanish.load(results).plan["profile"]["name"]
    if name not in stores:
        sys.exit(f"{results} holds a benchmark of the profile {name}; only {' and '.join(stores)} are stored")
    if not set(pd.read_csv(results / "conditions.csv").state) <= {"run", "not applicable"}:
        sys.exit(f"{results} holds no complete benchmark of the profile {name}; run it first: unvanish run {name} --output {results}")
    stores[name](results)
    return write_numbers.write()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
