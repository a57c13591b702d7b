"""A benchmark read back from MLflow, as the tables of the public contract."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.diagnosis import RULES_VERSION, judge_tables
from unvanish.suite.experiment.plan_record import PlanRecord, read_plan
from unvanish.suite.mitigations import names_of_parts
from unvanish.suite.models import Weights
from unvanish.suite.recorded_plugins import RecordedPlugin, find_again
from unvanish.suite.redaction import redact
from unvanish.suite.tables.frames import references_frame
from unvanish.suite.tables.long_tables import LONG_TABLES, write_long_tables
from unvanish.suite.tables.schema import REFERENCES, TRIALS, Table, empty, typed
from unvanish.suite.tracking.store import Store, open_existing, search
from unvanish.suite.tracking.tagged_runs import tagged_runs
from unvanish.tasks.errors import UsageError, unknown_name

TIMES = "times.json"
RUN_ID = re.compile("[0-9a-f]{1,32}")  # or its first characters
TABLES = {"trials": TRIALS, **LONG_TABLES}
LOADED_AT_ONCE = 8  # conditions, each of which waits for a store that is elsewhere


def read(uri: str, run_id: str | None = None) -> Benchmark:
    """Return a benchmark, the newest one unless a run is named; every condition by its fingerprint, wherever it was trained.

    The plug-ins that it was run with are in use then; a `PluginWarning` says of each that cannot be loaded.
    """
    store = open_existing(uri)
    client = store.client
    benchmark = benchmark_at(store, uri, run_id)
    plan, recorded = load_plan(client, uri, benchmark.info.run_id), load_json(client, benchmark.info.run_id, "context.json")
    find_again(plan.plugins)  # whose diagnosis may be by rules of other versions, which need its task
    context = {name: redact(fact) for name, fact in recorded.items()}  # earlier versions recorded commands as they were typed
    planned = {condition.fingerprint for condition in plan.conditions}
    known, run_of = tagged_runs(client, store.conditions), dict[str, Run]()
    for status in ("FINISHED", "FAILED"):  # what is done stands before what failed
        for run in known:
            if run.info.status == status and run.data.tags["fingerprint"] in planned:
                run_of.setdefault(run.data.tags["fingerprint"], run)
    runs = [run_of[condition.fingerprint] for condition in plan.conditions if condition.fingerprint in run_of]
    of_trials = []
    with write_long_tables() as (long_tables, writer):
        for tables in load_conditions(uri, plan, runs):
            of_trials.append(tables["trials"])
            writer.add(tables)
    trials = joined(of_trials, TRIALS)
    trials["benchmark"] = plan.profile.name
    references, times = load_references(client, uri, benchmark), load_times(client, benchmark)
    return Benchmark(plan, context, times, trials, long_tables, references, uri, benchmark.info.run_id, read_trained=partial(read_trained, uri))


def load_conditions(uri: str, plan: PlanRecord, runs: Sequence[Run]) -> Iterator[dict[str, pa.Table]]:
    """Yield the tables of each condition, some of which are loaded at once: those of all do not fit into memory."""
    with ThreadPoolExecutor(LOADED_AT_ONCE) as threads:
        for first in range(0, len(runs), LOADED_AT_ONCE):
            some = runs[first : first + LOADED_AT_ONCE]
            for run, tables in zip(some, threads.map(partial(load_tables, uri), some), strict=True):
                yield judged_by_current_rules(plan, run, tables)


def recorded_plugins(uri: str) -> list[RecordedPlugin]:
    """The plug-ins that the newest benchmark at an address was run with; raises `UsageError` where there is none."""
    store = open_existing(uri)
    return load_plan(store.client, uri, benchmark_at(store, uri).info.run_id).plugins


def benchmark_at(store: Store, uri: str, run_id: str | None = None) -> Run:
    """The run of a benchmark, of the newest unless a run is named; raises `UsageError` where there is none."""
    benchmarks = [run for run in search(store.client, store.benchmarks, "") if run_id in (None, run.info.run_id)]
    if not benchmarks:
        raise UsageError(f"there is no benchmark at {redact(uri)}; run one first: unvanish run quick")
    return benchmarks[0]


def benchmark_run(uri: str, given: str) -> str:
    """The id of the benchmark's run that has this id or, of those with this name, of the newest; raises `UsageError` where there is none."""
    store = open_existing(uri)
    benchmarks = search(store.client, store.benchmarks, "")
    for run in benchmarks:
        if given in (run.info.run_id, run.info.run_name):
            return run.info.run_id
    names = dict.fromkeys(str(run.info.run_name) for run in benchmarks)
    raise UsageError(f"{unknown_name('benchmark', given, names)}, or give a folder of results or the id of a benchmark's run")


def has(client: MlflowClient, run: Run, name: str) -> bool:
    """Return whether a run has an artifact of this name."""
    return name in {artifact.path for artifact in client.list_artifacts(run.info.run_id)}


def load_times(client: MlflowClient, benchmark: Run) -> dict[str, float]:
    """The seconds of a benchmark by part of the work; empty where none were recorded yet."""
    return load_json(client, benchmark.info.run_id, TIMES) if has(client, benchmark, TIMES) else {}


def load_plan(client: MlflowClient, uri: str, run_id: str) -> PlanRecord:
    """Return the plan of a benchmark's run."""
    return read_plan(load_text(client, run_id, "plan.json"), redact(uri))


def load_json(client: MlflowClient, run_id: str, name: str) -> dict[str, Any]:
    """Return the content of a JSON artifact."""
    return json.loads(load_text(client, run_id, name))


def load_text(client: MlflowClient, run_id: str, name: str) -> str:
    """Return the content of a text artifact."""
    with tempfile.TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, name, folder)).read_text(encoding="utf-8")


def load_references(client: MlflowClient, uri: str, benchmark: Run) -> pd.DataFrame:
    """The results of reference predictors; no rows where none was run yet."""
    name = "references.parquet"
    return joined([load_table(uri, benchmark, name)], REFERENCES) if has(client, benchmark, name) else references_frame([])


def load_table(uri: str, run: Run, name: str) -> pa.Table:
    """Load a table by the artifact's own address, which spares the store a search for each file, and from where it is if it is on this machine."""
    address = urlparse(run.info.artifact_uri)
    if address.scheme in ("", "file"):
        return pq.ParquetFile(Path(local_file_uri_to_path(run.info.artifact_uri)) / name).read(use_threads=False)
    with tempfile.TemporaryDirectory() as folder:
        path = download_artifacts(artifact_uri=f"{run.info.artifact_uri}/{name}", dst_path=folder, tracking_uri=uri)
        return pq.ParquetFile(path).read(use_threads=False)


def load_tables(uri: str, run: Run) -> dict[str, pa.Table]:
    """The tables of a condition's run; raises `UsageError` where another version, whose tables had other columns, wrote them."""
    tables = {name: load_table(uri, run, f"{name}.parquet") for name in TABLES}
    for name, table in tables.items():
        missing = sorted(set(TABLES[name]) - set(table.column_names))
        if missing:
            raise UsageError(
                f"the results at {redact(uri)} were written by another version of unvanish, whose table of {name} has no column {missing[0]}; "
                "run the same profile again, or use another folder"
            )
    return tables


def joined(tables: Sequence[pa.Table], columns: Table) -> pd.DataFrame:
    """Return all rows as one frame with these columns and types: hundreds of small tables are joined first, and become a frame once."""
    if not tables:
        return empty(columns)
    bare = [table.select(list(columns)).replace_schema_metadata(None) for table in tables]  # what pandas notes beside a table is of its own rows only
    return typed(pa.concat_tables(bare, promote_options="permissive").to_pandas(), columns)


def judged_by_current_rules(plan: PlanRecord, run: Run, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables of a condition; its trials are judged anew where the rules have changed since they were."""
    if run.data.tags.get("rules") == RULES_VERSION:
        return tables
    anew = judge_tables(plan, **{name: joined([table], TABLES[name]) for name, table in tables.items()})
    return tables | {"trials": pa.Table.from_pandas(anew, preserve_index=False)}


def trial_run(uri: str, given: str) -> Run:
    """Return the run of the evaluation trial with this id, or whose id alone begins with these characters; raises `UsageError` where there is none."""
    store = open_existing(uri)
    found = search(store.client, store.trials, f"attributes.run_id LIKE '{given}%'") if RUN_ID.fullmatch(given) else []
    if not found:
        raise UsageError(f"there is no evaluation trial with the run {given!r} at {redact(uri)}; the column run_id of trials.csv has their runs")
    if len(found) > 1:
        first = ", ".join(sorted(run.info.run_id for run in found)[:3])
        raise UsageError(f"{len(found)} runs of evaluation trials begin with {given!r}, such as {first}; give more of its characters")
    return found[0]


def read_trained(uri: str, given: str) -> tuple[dict[str, str], PlanRecord, Weights]:
    """Return params of an evaluation trial's run, its benchmark's plan, and its weights; its plug-ins are in use then.

    See `trial_run` for what may be given. Raises `UsageError` for a run that is none, for one without weights, and where a plug-in cannot be
    loaded that defines its task, model or a mitigation.
    """
    run = trial_run(uri, given)
    client, run_id = open_existing(uri).client, run.info.run_id
    if run.info.status != "FINISHED":
        raise UsageError(f"the trial of the run {run_id} failed to run, so it has no network; choose a run of trials.csv whose status is finished")
    plan, params = load_plan(client, uri, run.data.tags["benchmark_run"]), run.data.params
    parts = [("MITIGATION", part) for part in names_of_parts(params["mitigation"])]
    find_again(plan.plugins, needed=[("TASK", params["task"].partition(":")[0]), ("MODEL", params["model"]), *parts])
    try:
        with tempfile.TemporaryDirectory() as folder, np.load(client.download_artifacts(run_id, "weights.npz", folder), allow_pickle=False) as weights:
            return params, plan, dict(weights)
    except (MlflowException, OSError):
        raise UsageError(f"the weights of the run {run_id} are not at {redact(run.info.artifact_uri)} any more; train its condition again") from None
