"""Puts a finished benchmark of the profile reference in docs/reference, from where it ships: python docs/reference.py RESULTS."""

from __future__ import annotations

import sys
from pathlib import Path

from unvanish.reports.shipped import PROFILE, ship
from unvanish.suite.run import load

LIMIT = 2_000_000  # bytes of what is to be read: the page and the table of conditions


def main(results: Path) -> None:
    data = load(results)
    if data.plan.profile.name != PROFILE or not set(data.conditions.state) <= {"run", "not applicable"}:
        sys.exit(f"{results} holds no complete benchmark of the profile {PROFILE}; run it first: unvanish run {PROFILE} --output {results}")
    files = ship(data)
    print(*files, sep="\n")
    size = sum(path.stat().st_size for path in files if path.name in ("report.html", "conditions.csv"))
    if size > LIMIT:
        sys.exit(f"report.html and conditions.csv have {size / 1e6:.2f} MB together, more than {LIMIT / 1e6:g} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
