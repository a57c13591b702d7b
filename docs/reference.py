"""Puts a finished benchmark of the profile reference in docs/reference, from where it ships: python docs/reference.py RESULTS."""

from __future__ import annotations

import sys
from pathlib import Path

from reports.report import read_dataset
from reports.shipped import PROFILE, ship
from suite.tracking import default_uri

LIMIT = 2_000_000  # bytes of all files together


def main(results: Path) -> None:
    data = read_dataset(default_uri(results))
    if data.plan["profile"]["name"] != PROFILE or not set(data.conditions.state) <= {"run", "not applicable"}:
        sys.exit(f"{results} holds no complete benchmark of the profile {PROFILE}; run it first: unvanish run {PROFILE} --output {results}")
    files = ship(data, results)
    size = sum(path.stat().st_size for path in files)
    print(f"{len(files)} files in {files[0].parent}, {size / 1e6:.2f} MB")
    if size > LIMIT:
        sys.exit(f"they have more than {LIMIT / 1e6:g} MB together")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
