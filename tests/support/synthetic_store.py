"""A store of a benchmark of any size in which nothing was trained, in the shape that the writer gives: what was measured is made up.

The writer writes a few conditions of every task, lag and model, one for each of `OUTCOMES`, to a store of their own. Those of the benchmark are
copies of their rows and files, each with its own ids, names, settings and fingerprint, so that 100,000 trials take minutes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.benchmarks import CONTEXT, trained
from unvanish.suite.diagnosis import judge
from unvanish.suite.experiment.plan import Cohort, Condition, Plan
from unvanish.suite.experiment.trial import GRADIENTS, Curve, Probes, Result, Trial, evaluation_trials, tuning_trials
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tracking import Tracker, conditions, default_uri
from unvanish.suite.tracking.artifacts import CHECKSUMS, digest
from unvanish.suite.tracking.reader import TABLES

OUTCOMES: dict[str, dict[str, Any]] = {
    "solved": {"metric": 1.0},
    "baseline": {"metric": 0.2},
    "diverged": {"diverged_at": 7, "loss": np.nan, "metric": np.nan},
}
PROBES = 6
NOTE = "mlflow.note.content"
COPIED = ("metrics", "latest_metrics")


@dataclass(frozen=True)
class Original:
    """A condition that the writer wrote: its run, those of its evaluation trials, and its tables."""

    run_id: str
    trial_ids: tuple[str, ...]
    folder: Path
    tables: dict[str, pa.Table]


@dataclass(frozen=True)
class Copy:
    """A condition of the benchmark, and the ids of its runs."""

    condition: Condition
    original: Original
    run_id: str
    trial_ids: tuple[str, ...]


def write_store(plan: Plan, output: Path) -> str:
    """Write a benchmark of which every condition was run to a folder, and return the id of its run."""
    with tempfile.TemporaryDirectory() as folder:
        originals = write_originals(plan, Path(folder))
        tracker = Tracker(default_uri(output), output)
        writer = tracker.open_benchmark(plan, CONTEXT, fresh=False)
        writer.record_references([ReferenceResult(task, "window of 10", 0.5, 0.5) for task in dict.fromkeys(cohort.task for cohort in plan.cohorts)])
        copies = [new_copy(cohort, condition, originals) for cohort in plan.cohorts for condition in cohort.conditions]
        checksums = {copy.run_id: write_artifacts(copy, output) for copy in copies}
        tracker.store.client._tracking_client.store.engine.dispose()
        write_rows(copies, checksums, writer.run_id, output / "mlflow.db", Path(folder) / "mlflow.db")
        writer.close("FINISHED")
    return writer.run_id


def made_up(trial: Trial, figures: dict[str, Any]) -> Result:
    """A trial with random curves and probes, and these figures at its end."""
    random = np.random.default_rng([trial.seed, crc32(str((trial.condition.label, trial.learning_rate)).encode())])
    budget, length = trial.condition.budget, trial.condition.task.length
    steps = np.arange(budget.evaluate_every, budget.steps + 1, budget.evaluate_every)
    names = {"lstm": ["norm", "cell_norm", "input_norm"]}.get(trial.condition.model, ["norm", "input_norm"])
    norms = [name for name in GRADIENTS if name.removeprefix("total_") in names]
    curve = Curve(steps, *random.random([8, len(steps)]))
    at = np.linspace(0, budget.steps, PROBES).round().astype(int)
    measured = {name: random.random(PROBES) for name in ("saturated_share", "dead_share", "spectral_radius", "largest_singular_value")}
    probes = Probes(at, measured, {name: random.random([PROBES, length]) for name in norms})
    end = {"seconds": float(random.random()), "clipped_share": 0.1}
    return judge(trained(trial, curve=curve, probes=probes, **end, **figures))


def results(condition: Condition, figures: dict[str, Any]) -> list[Result]:
    """All trials of a condition, with the same figures at their ends."""
    rates = condition.rates.first
    return [made_up(trial, figures) for trial in [*tuning_trials(condition, rates), *evaluation_trials(condition, rates[len(rates) // 2])]]


def write_originals(plan: Plan, folder: Path) -> dict[tuple[str, str], Original]:
    """Write a condition of each cohort and outcome; return them by the cohort's label and the outcome."""
    writer = Tracker(default_uri(folder), folder).open_benchmark(plan, CONTEXT, fresh=False)
    kinds = [(cohort, outcome) for cohort in plan.cohorts for outcome in OUTCOMES]
    for cohort, outcome in kinds:
        writer.record(results(cohort.conditions[0], OUTCOMES[outcome]))
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        trials: dict[str, list[str]] = {}
        parents = "SELECT t.value, r.run_uuid FROM runs r JOIN tags t ON t.run_uuid = r.run_uuid AND t.key = 'mlflow.parentRunId' ORDER BY r.rowid"
        for parent, run_id in connection.execute(parents):
            trials.setdefault(parent, []).append(run_id)
    runs = trials.pop(writer.run_id)
    found = {}
    for (cohort, outcome), run_id in zip(kinds, runs, strict=True):
        artifacts = folder / "artifacts" / run_id / "artifacts"
        tables = {name: pq.read_table(artifacts / f"{name}.parquet", use_threads=False) for name in TABLES}
        found[cohort.label, outcome] = Original(run_id, tuple(trials[run_id]), folder / "artifacts", tables)
    return found


def new_copy(cohort: Cohort, condition: Condition, originals: dict[tuple[str, str], Original]) -> Copy:
    """A copy of the original of one outcome, which the condition's label decides."""
    original = originals[cohort.label, list(OUTCOMES)[crc32(condition.label.encode()) % len(OUTCOMES)]]
    return Copy(condition, original, uuid4().hex, tuple(uuid4().hex for _ in original.trial_ids))


def write_artifacts(copy: Copy, output: Path) -> str:
    """Write the tables of a condition, and the weights of its trials as further names of the same files; return the digests of the tables as JSON."""
    artifacts = output / "artifacts"
    folder = artifacts / copy.run_id / "artifacts"
    folder.mkdir(parents=True)
    new_ids = dict(zip(copy.original.trial_ids, copy.trial_ids, strict=True))
    for name, table in copy.original.tables.items():
        changed = with_value(table, "mitigation", [copy.condition.mitigation] * len(table))
        if name == "trials":
            changed = with_value(changed, "run_id", [new_ids.get(run_id, "") for run_id in changed["run_id"].to_pylist()])
        pq.write_table(changed, folder / f"{name}.parquet")
    for old, new in new_ids.items():
        (artifacts / new / "artifacts").mkdir(parents=True)
        weights = copy.original.folder / old / "artifacts" / "weights.npz"
        os.link(weights, artifacts / new / "artifacts" / "weights.npz")
    return json.dumps({path.name: digest(path.read_bytes()) for path in folder.iterdir()})


def with_value(table: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    """A table with other values in a column."""
    index = table.schema.get_field_index(column)
    return table.set_column(index, table.schema.field(index), pa.array(values, table.schema.field(index).type))


def write_rows(copies: Sequence[Copy], checksums: Mapping[str, str], benchmark_run: str, database: Path, originals: Path) -> None:
    """Copy the rows of all runs from one database to another, with the checksums of each condition by its run."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-500000")
        connection.execute("ATTACH ? AS old", (str(originals),))
        connection.execute("CREATE TEMP TABLE copies (old TEXT, new TEXT, name TEXT)")
        experiments = dict(connection.execute("SELECT o.experiment_id, n.experiment_id FROM old.experiments o JOIN experiments n ON n.name = o.name"))
        assert all(old == new for old, new in experiments.items())  # the writer makes them in one order
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO copies VALUES (?, ?, ?)", names(copies))
        for table in COPIED:
            copy_rows(connection, table)
        connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params(connection, copies))
        connection.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags(connection, copies, checksums, benchmark_run))
        columns = {name: f"o.{name}" for name in columns_of(connection, "runs")}
        location = "SELECT artifact_location FROM {}.experiments WHERE name = 'unvanish/conditions'"
        here, there = (connection.execute(location.format(schema)).fetchone()[0] for schema in ("main", "old"))
        columns |= {"run_uuid": "c.new", "name": "c.name", "artifact_uri": f"replace(replace(o.artifact_uri, o.run_uuid, c.new), '{there}', '{here}')"}
        columns |= {"start_time": "o.start_time + c.rowid"}
        connection.execute(
            f"INSERT INTO runs ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM copies c JOIN old.runs o ON o.run_uuid = c.old ORDER BY c.rowid"
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def copy_rows(connection: sqlite3.Connection, table: str) -> None:
    """Copy the rows of a table that refer to runs, in the order of its primary key; its other indices are made anew afterwards, which is faster."""
    indices = connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?", (table,)).fetchall()
    for name, _ in indices:
        connection.execute(f"DROP INDEX {name}")
    columns = {name: "c.new" if name == "run_uuid" else f"o.{name}" for name in columns_of(connection, table)}
    key = "o.key, o.timestamp, o.step, c.new" if table == "metrics" else "o.key, c.new"
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM copies c JOIN old.{table} o ON o.run_uuid = c.old ORDER BY {key}"
    )
    for _, sql in indices:
        connection.execute(sql)


def names(copies: Sequence[Copy]) -> Iterator[tuple[str, str, str]]:
    """Original, copy and name of every run."""
    for copy in copies:
        label = copy.condition.label
        yield copy.original.run_id, copy.run_id, label
        for old, new, seed in zip(copy.original.trial_ids, copy.trial_ids, copy.condition.budget.evaluation_seeds, strict=True):
            yield old, new, f"{label} seed {seed}"


def runs_of(copy: Copy) -> list[tuple[str, str, str]]:
    """Original, copy and parent's copy of each run of a condition, its own first, whose parent is the benchmark."""
    return [(copy.original.run_id, copy.run_id, ""), *((old, new, copy.run_id) for old, new in zip(copy.original.trial_ids, copy.trial_ids, strict=True))]


def stored(connection: sqlite3.Connection, table: str) -> dict[str, dict[str, str]]:
    """The keys and values of a table of the originals, by their run."""
    found: dict[str, dict[str, str]] = {}
    for run_id, key, value in connection.execute(f"SELECT run_uuid, key, value FROM old.{table}"):
        found.setdefault(run_id, {})[key] = value
    return found


def params(connection: sqlite3.Connection, copies: Sequence[Copy]) -> Iterator[tuple[str, str, str]]:
    """The params of the originals, with the settings of each copy in place of theirs; those of `none`, the mitigation of all originals, are in every other."""
    old_params = stored(connection, "params")
    for copy in copies:
        settings = {name: str(value) for name, value in conditions.params(copy.condition).items()}
        for old, new, _ in runs_of(copy):
            yield from ((name, value, new) for name, value in (old_params[old] | settings).items())


def tags(connection: sqlite3.Connection, copies: Sequence[Copy], checksums: Mapping[str, str], benchmark_run: str) -> Iterator[tuple[str, str, str]]:
    """The tags of the originals, with the ids, names and fingerprint of each copy in place of theirs."""
    old_tags = stored(connection, "tags")
    named = {new: name for _, new, name in names(copies)}
    for copy in copies:
        condition = copy.condition
        for old, new, parent in runs_of(copy):
            changed = old_tags[old] | {"benchmark_run": benchmark_run, "mlflow.parentRunId": parent or benchmark_run, "mlflow.runName": named[new]}
            if not parent:
                changed |= {"fingerprint": condition.fingerprint, CHECKSUMS: checksums[copy.run_id]}
                for form in ("**{}**", "mitigation={}"):
                    changed[NOTE] = changed[NOTE].replace(form.format("none"), form.format(condition.mitigation))
            yield from ((name, value, new) for name, value in changed.items())
