"""Inflict faults and judge what became of the results; `python -m tests.faults.torture --fault NAME --tries 3 --seed 0 --store FOLDER`."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

from tests.faults import kinds  # noqa: F401  # which registers the faults
from tests.faults.fault import FAULTS, Fault, Skipped
from tests.faults.scene import Scene, Truth
from tests.faults.store import doubles, duplicated_trials, finished_conditions, read_runs, read_tables, running, same_tables

TRIES = 3
HEADINGS = ("fault", "tries", "lost", "double", "left RUNNING", "same tables", "other", "minutes")


@dataclass
class Row:
    """What became of a fault.

    lost      conditions that were recorded and are gone, or were planned and are not there at the end
    double    conditions that are recorded as done twice, and trials that are reported twice
    running   runs that were left RUNNING
    same      tries after which all tables were equal to those of an undisturbed run
    problems  all else that should not have happened: tracebacks, another exit status, processes and files that were left
    skipped   why it could not be inflicted here
    """

    fault: str
    tries: int = 0
    lost: int = 0
    double: int = 0
    running: int = 0
    same: int = 0
    problems: list[str] | None = None
    minutes: float = 0.0
    skipped: str = ""

    @property
    def clean(self) -> bool:
        """Return whether nothing was lost, double, left or otherwise wrong."""
        return self.same == self.tries and not (self.lost or self.double or self.running or self.problems)

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        counts = (self.tries, self.lost, self.double, self.running, f"{self.same}/{self.tries}", len(self.problems or []))
        return (self.fault, *map(str, counts), f"{self.minutes:.1f}")


def undisturbed(work: Path, cache: Path) -> Truth:
    """Run the profile twice without a fault: first to fill the compile cache, then to measure and keep what it records."""
    for _ in range(2):
        shutil.rmtree(work, ignore_errors=True)
        scene = Scene(work, cache, None, random.Random(0))
        began = monotonic()
        scene.run(*scene.command())
        seconds = monotonic() - began
    if scene.problems:
        sys.exit("\n".join(["the undisturbed run is not clean", *scene.problems]))
    return keep_truth(scene, seconds)


def keep_truth(scene: Scene, seconds: float) -> Truth:
    """Copy what an undisturbed run recorded to a folder beside that of the tries, and close its scene."""
    kept = scene.folder.parent / "undisturbed"
    shutil.copytree(scene.output, kept)
    fingerprints = scene.finished_now()
    scene.close()
    return Truth(seconds, frozenset(fingerprints), read_tables(kept), kept)


def torture(fault: Fault, tries: int, seed: int, work: Path, cache: Path, truth: Truth) -> Row:
    """Inflict a fault several times, each in a fresh folder, and judge each."""
    row, began = Row(fault.name, problems=[]), monotonic()
    for number in range(fault.tries or tries):
        scene = Scene(work, cache, truth, random.Random(f"{seed} {fault.name} {number}"))
        try:
            fault.inflict(scene)
        except Skipped as reason:
            row.skipped = str(reason)
            break
        except Exception as error:  # a harness that stumbles over what it finds has found something
            scene.problems.append(f"the fault could not be inflicted to its end: {type(error).__name__}: {error}")
        finally:
            judge(row, scene)
            told = "; ".join([f"{row.fault}, try {row.tries}: {', '.join(scene.notes) or 'done'}", *scene.problems])
            print(told, file=sys.stderr, flush=True)
            scene.close()
    row.minutes = (monotonic() - began) / 60
    return row


def judge(row: Row, scene: Scene) -> None:
    """Add what the results of a try look like at its end to the row of its fault."""
    assert scene.truth is not None
    runs = read_runs(scene.database)
    row.tries += 1
    row.lost += scene.lost + len(scene.truth.fingerprints - {str(run.fingerprint) for run in finished_conditions(runs)})
    row.double += doubles(runs) + duplicated_trials(scene.output)
    row.running += scene.running + len(running(runs))
    row.same += same_tables(read_tables(scene.output), scene.truth.tables)
    row.problems = [*(row.problems or []), *scene.problems]


def table(rows: list[Row]) -> str:
    """The rows below their headings, in columns."""
    lines = [HEADINGS, *(row.cells for row in rows if not row.skipped)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(zip(line, widths, strict=True))) for line in lines
    ]
    text += [f"{row.fault}: skipped, {row.skipped}" for row in rows if row.skipped]
    return "\n".join(text)


def main() -> int:
    """Run the faults and print the table; 1 where a row is not all zeros."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture", description="Inflict faults on runs of a tiny benchmark, and count what was lost.")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), metavar="NAME", help="only this one; may be given several times")
    parser.add_argument("--tries", type=int, default=TRIES, help="of each fault whose moment is drawn")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of what is drawn; printed, so that it can be repeated")
    parser.add_argument("--store", type=Path, metavar="FOLDER", help="write torture.json there")
    parser.add_argument("--list", action="store_true", help="print the faults and end")
    given = parser.parse_args()
    if given.list:
        print("\n".join(f"{fault.name}: {fault.summary}" for fault in FAULTS.values()))
        return 0
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        work, cache = Path(folder) / "work", Path(folder) / "cache"
        truth = undisturbed(work, cache)
        print(f"seed {given.seed}; an undisturbed run takes {truth.seconds:.0f} s", file=sys.stderr, flush=True)
        rows = [torture(FAULTS[name], given.tries, given.seed, work, cache, truth) for name in given.fault or FAULTS]
    minutes = (monotonic() - began) / 60
    print(table(rows))
    print(f"{minutes:.0f} minutes, seed {given.seed}")
    for row in rows:
        for problem in row.problems or []:
            print(f"{row.fault}: {problem}")
    if given.store:
        measured = {"minutes": round(minutes, 1), "seed": given.seed, "seconds": round(truth.seconds, 1), "faults": [asdict(row) for row in rows]}
        (given.store / "torture.json").write_text(json.dumps(measured, indent=1) + "\n")
    return 0 if all(row.clean or row.skipped for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
