"""A benchmark read back from MLflow, as the tables of the public contract."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.entities import Run
from pydantic import ValidationError

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.diagnosis import RULES_VERSION, judge_tables
from unvanish.suite.experiment.plan_record import PlanRecord, read_plan
from unvanish.suite.mitigations import names_of_parts
from unvanish.suite.models import Weights
from unvanish.suite.output import DamagedResultsWarning
from unvanish.suite.recorded import RecordedAnswer, read_answers
from unvanish.suite.recorded_plugins import RecordedPlugin, find_again
from unvanish.suite.redaction import redact
from unvanish.suite.tables.frames import references_frame
from unvanish.suite.tables.long_tables import LONG_TABLES, write_long_tables
from unvanish.suite.tables.schema import REFERENCES, STEP_COSTS, TRIALS, Table, empty, typed
from unvanish.suite.tracking.artifacts import DamagedArtifact, load_artifact
from unvanish.suite.tracking.counting import counted
from unvanish.suite.tracking.damaged import DamagedCondition, mend_command, of_run, sentence
from unvanish.suite.tracking.experiments import pages_at
from unvanish.suite.tracking.store import Store, is_server, open_existing, search
from unvanish.suite.tracking.tagged_runs import tagged_runs
from unvanish.tasks.errors import UsageError, unknown_name

PLAN, CONTEXT, REFERENCES_FILE, TIMES = "plan.json", "context.json", "references.parquet", "times.json"
RECORDED = "recorded.json"
STEP_COSTS_FILE = "step_costs.csv"
WEIGHTS = "weights.npz"
RUN_ID = re.compile("[0-9a-f]{1,32}")  # or its first characters
TABLES = {"trials": TRIALS, **LONG_TABLES}
LOADED_AT_ONCE = 8  # conditions, each of which waits for a store that is elsewhere


def read(uri: str, run_id: str | None = None, on_damaged: Callable[[list[DamagedCondition]], None] | None = None) -> Benchmark:
    """Return a benchmark, the newest one unless a run is named; every condition by its fingerprint, wherever it was trained.

    The plug-ins that it was run with are in use then; a `PluginWarning` says of each that cannot be loaded. Conditions whose tables are damaged are left
    out: `on_damaged` is called with them, and a `DamagedResultsWarning` says which and what to type where there is no such function.
    """
    store = open_existing(uri)
    client = store.client
    benchmark = benchmark_at(store, uri, run_id)
    plan, recorded = load_plan(uri, benchmark), load_json(uri, benchmark, CONTEXT)
    find_again(plan.plugins)  # whose diagnosis may be by rules of other versions, which need its task
    context = {name: redact(fact) for name, fact in recorded.items()}  # earlier versions recorded commands as they were typed
    run_of = counted(tagged_runs(client, store.conditions), benchmark)
    runs = [run_of[condition.fingerprint] for condition in plan.conditions if condition.fingerprint in run_of]
    of_trials, damaged = [], list[DamagedCondition]()
    with write_long_tables() as (long_tables, writer):
        for loaded in load_conditions(uri, plan, runs):
            if isinstance(loaded, DamagedCondition):
                damaged.append(loaded)
            else:
                of_trials.append(loaded["trials"])
                writer.add(loaded)
    if damaged and on_damaged is None:
        command = mend_command(plan, uri, context.get("command", ""))
        warnings.warn(DamagedResultsWarning(f"{sentence(damaged)}; left out here; train again with: {command}"), stacklevel=2)
    elif damaged and on_damaged is not None:
        on_damaged(damaged)
    trials = joined(of_trials, TRIALS)
    trials["benchmark"] = plan.profile.name
    references, times = load_references(uri, client, benchmark), load_times(uri, client, benchmark)
    return Benchmark(
        plan,
        context,
        times,
        trials,
        long_tables,
        references,
        load_step_costs(uri, client, benchmark),
        uri,
        benchmark.info.run_id,
        pages=pages_at(store, uri) if is_server(uri) else None,
        recorded=load_recorded(uri, client, benchmark),
        read_trained=partial(read_trained, uri),
    )


def load_conditions(uri: str, plan: PlanRecord, runs: Sequence[Run]) -> Iterator[dict[str, pa.Table] | DamagedCondition]:
    """Yield the tables of each condition, some of which are loaded at once: those of all do not fit into memory."""

    def load(run: Run) -> dict[str, pa.Table] | DamagedCondition:
        try:
            return load_tables(uri, run)
        except DamagedArtifact as error:
            return of_run(run, error.reason, error.name)

    with ThreadPoolExecutor(LOADED_AT_ONCE) as threads:
        for first in range(0, len(runs), LOADED_AT_ONCE):
            some = runs[first : first + LOADED_AT_ONCE]
            for run, loaded in zip(some, threads.map(load, some), strict=True):
                yield loaded if isinstance(loaded, DamagedCondition) else judged_by_current_rules(plan, run, loaded)


def recorded_plugins(uri: str) -> list[RecordedPlugin]:
    """The plug-ins that the newest benchmark at an address was run with; raises `UsageError` where there is none."""
    store = open_existing(uri)
    return load_plan(uri, benchmark_at(store, uri)).plugins


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


def load_times(uri: str, client: MlflowClient, benchmark: Run) -> dict[str, float]:
    """The seconds of a benchmark by part of the work; empty where none were recorded yet."""
    return load_json(uri, benchmark, TIMES) if has(client, benchmark, TIMES) else {}


def load_recorded(uri: str, client: MlflowClient, benchmark: Run) -> list[RecordedAnswer]:
    """The answers of a benchmark on recorded data; empty where none were measured, or another version wrote them."""
    with suppress(DamagedArtifact, ValidationError):
        return read_answers(load_artifact(uri, benchmark, RECORDED)) if has(client, benchmark, RECORDED) else []
    return []


def load_step_costs(uri: str, client: MlflowClient, benchmark: Run) -> pd.DataFrame:
    """The times of training steps of a benchmark; no rows where none were measured, the file is damaged, or another version wrote it."""
    with suppress(DamagedArtifact, ValueError, KeyError):  # they are measured anew when the benchmark is gone on with
        if has(client, benchmark, STEP_COSTS_FILE):
            return typed(pd.read_csv(BytesIO(load_artifact(uri, benchmark, STEP_COSTS_FILE)))[list(STEP_COSTS)], STEP_COSTS)
    return empty(STEP_COSTS)


def load_plan(uri: str, benchmark: Run) -> PlanRecord:
    """Return the plan of a benchmark's run."""
    return read_plan(json.dumps(load_json(uri, benchmark, PLAN)), redact(uri))


def load_json(uri: str, run: Run, name: str) -> dict[str, Any]:
    """Return the content of a JSON artifact; raises `DamagedArtifact` where it is none."""
    text = load_artifact(uri, run, name)
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise DamagedArtifact(run, name, "is not JSON")
    return content


def load_references(uri: str, client: MlflowClient, benchmark: Run) -> pd.DataFrame:
    """The results of reference predictors; no rows where none was run yet."""
    return joined([load_table(uri, benchmark, REFERENCES_FILE)], REFERENCES) if has(client, benchmark, REFERENCES_FILE) else references_frame([])


def load_table(uri: str, run: Run, name: str) -> pa.Table:
    """Return a table of a run; raises `DamagedArtifact` where the file is none."""
    content = load_artifact(uri, run, name)
    try:
        return pq.ParquetFile(BytesIO(content)).read(use_threads=False)
    except (pa.ArrowException, OSError):
        raise DamagedArtifact(run, name, "is not a whole Parquet file") from None


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
    plan, params = load_plan(uri, client.get_run(run.data.tags["benchmark_run"])), run.data.params
    parts = [("MITIGATION", part) for part in names_of_parts(params["mitigation"])]
    find_again(plan.plugins, needed=[("TASK", params["task"].partition(":")[0]), ("MODEL", params["model"]), *parts])
    try:
        with np.load(BytesIO(load_artifact(uri, run, WEIGHTS)), allow_pickle=False) as weights:
            return params, plan, dict(weights)
    except (DamagedArtifact, BadZipFile, ValueError, EOFError) as error:
        reason = error.reason if isinstance(error, DamagedArtifact) else f"{WEIGHTS} is not a whole file of NumPy"
        raise UsageError(f"the run {run_id} has no weights any more: {reason}; train its condition again with: {mend_command(plan, uri, '')}") from None
