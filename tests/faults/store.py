"""The store of a benchmark and its tables, read with SQLite and pandas alone: what judges a program shares no code with it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

KEY = ["task", "lag", "model", "mitigation", "phase", "learning_rate", "seed"]
TABLES = ("trials", "curves", "probes", "gradients")
OF_THE_RUN = ["benchmark", "run_id", "seconds"]  # columns that differ from one run to the next
RUNS = """
    select runs.run_uuid, experiments.name, runs.status, runs.start_time, fingerprint.value, benchmark.value
    from runs join experiments using (experiment_id)
    left join tags as fingerprint on fingerprint.run_uuid = runs.run_uuid and fingerprint.key = 'fingerprint'
    left join tags as benchmark on benchmark.run_uuid = runs.run_uuid and benchmark.key = 'benchmark_run'
    where runs.lifecycle_stage = 'active' order by runs.start_time
"""


@dataclass(frozen=True)
class StoredRun:
    """A run in MLflow that is not deleted: its level, status, start in milliseconds, fingerprint, and the run of its benchmark."""

    run_id: str
    level: str
    status: str
    started: int
    fingerprint: str | None
    benchmark: str | None


def connect(database: Path, *, to_write: bool = False) -> sqlite3.Connection:
    """Open a database file whatever its name; raises `sqlite3.Error` where there is none."""
    return sqlite3.connect(f"file:{quote(str(database))}?mode={'rw' if to_write else 'ro'}", uri=True, timeout=60)


def read_runs(database: Path) -> list[StoredRun]:
    """All runs of a store; none where there is no database yet."""
    if not database.is_file():
        return []
    with closing(connect(database)) as connection:
        return [StoredRun(run_id, name.rsplit("/")[-1], *rest) for run_id, name, *rest in connection.execute(RUNS)]


def finished_conditions(runs: list[StoredRun]) -> list[StoredRun]:
    """The runs of conditions that are recorded as done."""
    return [run for run in runs if run.level == "conditions" and run.status == "FINISHED"]


def running(runs: list[StoredRun]) -> list[StoredRun]:
    """The runs, of any level, that say of themselves that they go on."""
    return [run for run in runs if run.status == "RUNNING"]


def doubles(runs: list[StoredRun]) -> int:
    """The number of conditions that one benchmark recorded as done more than once."""
    return sum(count > 1 for count in Counter((run.benchmark, run.fingerprint) for run in finished_conditions(runs)).values())


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a benchmark without what differs from run to run, in an order of their own; those that are missing are left out."""
    paths = {name: folder / f"{name}.parquet" for name in TABLES}
    return {name: in_order(pd.read_parquet(path)) for name, path in paths.items() if path.is_file()}


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table by their values, from the first column to the last."""
    kept = table.drop(columns=OF_THE_RUN, errors="ignore")
    return kept.sort_values(list(kept), ignore_index=True)


def same_tables(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> bool:
    """Return whether all tables are there and equal to the bit; conditions that nothing is expected of are left out."""
    return all(name in found and only_of(found[name], table).equals(table) for name, table in expected.items())


def only_of(table: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table whose condition has rows in another one."""
    condition = KEY[:4]
    planned = pd.MultiIndex.from_frame(expected[condition])
    return table[pd.MultiIndex.from_frame(table[condition]).isin(planned)].reset_index(drop=True)


def duplicated_trials(folder: Path) -> int:
    """The number of trials that stand twice in the table of trials."""
    path = folder / "trials.parquet"
    return int(pd.read_parquet(path).duplicated(KEY).sum()) if path.is_file() else 0


def digest(folder: Path) -> str:
    """The digest of all files below a folder, with their names, but for those that SQLite keeps beside a database while it is read."""
    found = hashlib.sha256()
    for path in files_below(folder):
        found.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """The files of a folder in order, but for those that SQLite keeps beside a database."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-wal", "-shm")))
