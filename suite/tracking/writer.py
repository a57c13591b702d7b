"""Write benchmarks to MLflow, the store of record: benchmark run > condition runs > evaluation trial runs.

What is trained becomes staged folders first, and is sent from there, so that a store that goes away loses none of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time
from typing import TypeVar
from uuid import uuid4

import pandas as pd
from mlflow.entities import Run

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.markdown import code_block, literal
from unvanish.suite import plugins
from unvanish.suite.experiment.plan import Plan
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.experiment.trial import Result
from unvanish.suite.output import DamagedResultsWarning
from unvanish.suite.recorded import RecordedAnswer, answers_as_json
from unvanish.suite.recorded_plugins import RecordedPlugin
from unvanish.suite.redaction import redact
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tables.frames import references_frame, step_costs_frame
from unvanish.suite.tables.schema import REFERENCES, STEP_COSTS, typed
from unvanish.suite.tracking.artifacts import DamagedArtifact, keep_aside
from unvanish.suite.tracking.counting import FRESH_SINCE, counted
from unvanish.suite.tracking.damaged import DamagedCondition, damaged_conditions, sentence, set_aside
from unvanish.suite.tracking.outbox import UNSENT, OpenBenchmark, Outbox, Status
from unvanish.suite.tracking.reader import (
    CONTEXT,
    PLAN,
    RECORDED,
    REFERENCES_FILE,
    STEP_COSTS_FILE,
    TIMES,
    load_json,
    load_plan,
    load_references,
    load_step_costs,
    load_table,
    load_times,
    read,
)
from unvanish.suite.tracking.requests import log
from unvanish.suite.tracking.retries import STORE_ERRORS, Retries, StoreError
from unvanish.suite.tracking.sending import delete_unfinished
from unvanish.suite.tracking.staging import NOTE, as_text, finite, stage_cohort, stage_references
from unvanish.suite.tracking.store import open_or_create, search
from unvanish.suite.tracking.tagged_runs import tagged_runs
from unvanish.tasks.errors import UsageError

T = TypeVar("T")


def say_nothing(line: str) -> None:
    """Ignore a message."""


class Tracker:
    """Open benchmarks to write to. One process writes; workers never see MLflow.

    `tell` is called with a line when the store does not answer, and when it does again.
    """

    def __init__(self, uri: str, output: Path, tell: Callable[[str], None] = say_nothing) -> None:
        self.uri, self.tell = uri, tell
        self.store = open_or_create(uri, output)
        self.client = self.store.client
        self.retries = Retries(uri, output / UNSENT, tell)
        self.outbox = Outbox(output, self.store, self.retries, tell)

    def insist(self, action: Callable[[], T]) -> T:
        """Call an action until the store takes it; raises `StoreError`, which says what is kept where, when it has not for too long."""
        try:
            return self.retries.insist(action)
        except StoreError as error:
            raise StoreError(f"{error}; {self.outbox.what_is_kept()}") from error

    def states(self, benchmark: Run | None = None) -> dict[str, str]:
        """FINISHED or FAILED for each condition that has ended and counts for a benchmark, by its fingerprint."""
        runs = self.insist(lambda: tagged_runs(self.client, self.store.conditions))
        return {fingerprint: run.info.status for fingerprint, run in counted(runs, benchmark).items()}

    def set_aside_damaged(self, plan: Plan) -> str | None:
        """Set aside what is damaged of the conditions of a plan, and say so; None where nothing is."""
        damaged = self.insist(lambda: damaged_conditions(self.store, {condition.fingerprint for condition in plan.conditions}))
        return self.set_aside(damaged) if damaged else None

    def set_aside(self, damaged: Sequence[DamagedCondition]) -> str:
        """Set damaged conditions aside, and say so."""
        self.insist(lambda: set_aside(self.store, damaged))
        return f"{sentence(damaged)}; set aside, and trained again by the next run that selects them"

    def send_unsent(self) -> OpenBenchmark | None:
        """Send what an earlier process has trained and not sent, and return the benchmark that it did not close.

        Raises `UsageError` where that belongs to a benchmark which this store does not have.
        """
        left, pending = self.outbox.opened(), self.outbox.benchmarks()
        known = {run.info.run_id for run in self.insist(lambda: search(self.client, self.store.benchmarks, ""))}
        if strange := sorted(pending - known):
            where = f"give its address, {left.address}, as --tracking-uri" if left else "give its address as --tracking-uri"
            raise UsageError(
                f"{self.outbox.folder} keeps results of the benchmark {strange[0]}, which the store at {redact(self.uri)} does not have; "
                f"{where}, or remove that folder if they are not wanted"
            )
        self.insist(self.outbox.send)
        if left and left.run_id not in known:
            self.outbox.closed()
            return None
        return left

    def close_left(self, left: OpenBenchmark | None, plan: Plan) -> None:
        """Close the benchmark that an earlier process did not close, unless it is that of a plan, which is gone on with."""
        if left and left.run_id not in {run.info.run_id for run in self.insist(lambda: self.known(plan))}:
            self.insist(lambda: self.close(left))

    def close(self, benchmark: OpenBenchmark) -> None:
        """Close the run of a benchmark; what is left to send of it stays noted."""
        delete_unfinished(self.store, benchmark.run_id)
        self.client.set_terminated(benchmark.run_id, benchmark.status)
        if not self.outbox.pending:
            self.outbox.closed()

    @contextmanager
    def benchmark(self, plan: Plan, context: dict[str, str], fresh: bool) -> Iterator[BenchmarkWriter]:
        """Continue the benchmark of the same profile, or start one, and close its run with the block.

        As FINISHED; FAILED where a trial failed to run or the block raised; KILLED where the process was asked to stop.
        """
        with self.closing(self.open_benchmark(plan, context, fresh)) as writer:
            yield writer

    @contextmanager
    def closing(self, writer: BenchmarkWriter) -> Iterator[BenchmarkWriter]:
        """Close the run of a benchmark with the block; where the store does not answer, a note in the output folder says what is left to do."""
        try:
            yield writer
            writer.close(writer.status)
        except StoreError:  # it was waited for already
            with suppress(OSError):
                self.outbox.open(self.noted(writer, writer.status))
            raise
        except BaseException as error:
            benchmark = self.noted(writer, "KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED")
            with suppress(*STORE_ERRORS):
                self.outbox.open(benchmark)
            with suppress(*STORE_ERRORS):
                self.close(benchmark)
            raise

    def noted(self, writer: BenchmarkWriter, status: Status) -> OpenBenchmark:
        """Return what is noted of a benchmark until its run is closed."""
        return OpenBenchmark(run_id=writer.run_id, address=redact(self.uri), status=status)

    def known(self, plan: Plan) -> list[Run]:
        """The runs of benchmarks of the same profile, the newest first."""
        return search(self.client, self.store.benchmarks, f"tags.fingerprint = '{plan.fingerprint}'")

    def continued(self, plan: Plan) -> Run | None:
        """The run of the benchmark of the same profile that would be continued; None where there is none."""
        known = self.insist(lambda: self.known(plan))
        return known[0] if known else None

    def recorded_plugins(self, plan: Plan) -> list[RecordedPlugin]:
        """The plug-ins of the benchmark of the same profile that would be continued; none where there is no plan of it that can be read.

        As after a process that was killed early, by another version, or where the file is damaged.
        """
        benchmark = self.continued(plan)
        if benchmark is not None:
            with suppress(UsageError):
                return load_plan(self.uri, benchmark).plugins
        return []

    def open_benchmark(self, plan: Plan, context: dict[str, str], fresh: bool) -> BenchmarkWriter:
        """Continue the benchmark of the same profile, or start one; what an earlier, killed process left running is deleted."""
        opening = uuid4().hex  # names the run, so that a second attempt finds it where the store did not answer the first
        return self.insist(lambda: self.try_to_open(plan, context, fresh, opening))

    def try_to_open(self, plan: Plan, context: dict[str, str], fresh: bool, opening: str) -> BenchmarkWriter:
        known = [run for run in self.known(plan) if not fresh or run.data.tags.get("opening") == opening]
        if known:
            run = known[0]
            delete_unfinished(self.store, run.info.run_id)
            self.client.update_run(run.info.run_id, status="RUNNING")
        else:
            tags = {"kind": "benchmark", "fingerprint": plan.fingerprint, "opening": opening, NOTE: literal(plan.profile.description), **source_tags(context)}
            tags |= {FRESH_SINCE: str(int(time() * 1000))} if fresh else {}
            run = self.client.create_run(self.store.benchmarks, run_name=plan.profile.name, tags=tags)
        self.outbox.open(OpenBenchmark(run_id=run.info.run_id, address=redact(self.uri)))
        damaged = self.set_aside_files(run)
        references = references_frame([]) if REFERENCES_FILE in damaged else load_references(self.uri, self.client, run)
        before = {} if TIMES in damaged else load_times(self.uri, self.client, run)
        record = plan.record()
        budget = plan.profile.model_dump(include={"hidden_size", "batch_size", "steps"})
        params = {"profile": plan.profile.name, **budget} if not run.data.params else {}
        log(self.client, run.info.run_id, params=as_text(params), tags=as_text(context))
        self.client.log_dict(run.info.run_id, record.model_dump(), PLAN)
        self.client.log_dict(run.info.run_id, context, CONTEXT)
        for plugin in plugins.active():  # to be read, and never run from here
            self.client.log_text(run.info.run_id, plugin.source, f"plugins/{plugin.module_name}.py")
        return BenchmarkWriter(self, run.info.run_id, record, context.get("command", ""), before, references, load_step_costs(self.uri, self.client, run))

    def reopen(self, left: OpenBenchmark) -> BenchmarkWriter:
        """Continue a benchmark that was not closed, without its profile, to write what belongs to its end."""
        return self.insist(lambda: self.try_to_reopen(left))

    def try_to_reopen(self, left: OpenBenchmark) -> BenchmarkWriter:
        run = self.client.get_run(left.run_id)
        plan, context = load_plan(self.uri, run), load_json(self.uri, run, CONTEXT)
        references, before = load_references(self.uri, self.client, run), load_times(self.uri, self.client, run)
        step_costs = load_step_costs(self.uri, self.client, run)
        return BenchmarkWriter(self, left.run_id, plan, context.get("command", ""), before, references, step_costs, left.status)

    def set_aside_files(self, benchmark: Run) -> set[str]:
        """Set aside the damaged files of a benchmark's own run, which are then written anew, and return their names; a `DamagedResultsWarning` tells each."""
        load = {PLAN: load_json, CONTEXT: load_json, TIMES: load_json, REFERENCES_FILE: load_table}
        damaged = set()
        for name in load.keys() & {artifact.path for artifact in self.client.list_artifacts(benchmark.info.run_id)}:
            try:
                load[name](self.uri, benchmark, name)
            except DamagedArtifact as error:
                warnings.warn(DamagedResultsWarning(f"{error.reason}; set aside, and written anew"), stacklevel=2)
                keep_aside(benchmark.info.artifact_uri, name)
                damaged.add(name)
        return damaged


def source_tags(context: dict[str, str]) -> dict[str, str]:
    """Return MLflow's own tag for the git commit, where there is one."""
    return {"mlflow.source.git.commit": context["git_commit"]} if "git_commit" in context else {}


@dataclass
class BenchmarkWriter:
    """Write what belongs to one benchmark run.

    before      seconds by part of earlier runs of the same benchmark
    references  results of reference predictors, of earlier runs too
    step_costs  times of training steps, of earlier runs too
    status      the one that the run is closed with where nothing goes wrong any more
    n_failed    trials recorded by this writer that could not be run to their end
    warnings    what else went wrong, by what it is about
    unstaged    what is not on the disk yet: functions that write it there
    """

    tracker: Tracker
    run_id: str
    plan: PlanRecord
    command: str
    before: Mapping[str, float]
    references: pd.DataFrame
    step_costs: pd.DataFrame
    status: Status = "FINISHED"
    n_failed: int = 0
    warnings: dict[str, str] = field(default_factory=dict)
    unstaged: list[Callable[[], Path]] = field(default_factory=list)

    def record(self, results: Sequence[Result], models: Mapping[str, bytes] | None = None) -> None:
        """Keep the results of a cohort on the disk, and send them to the store if it answers: a run for each condition and evaluation trial.

        `models` are .keras files of the best evaluation trials, by their condition's fingerprint. Where the disk is full, the results stay in memory,
        and the next call tries again.
        """
        self.n_failed += sum(result.status == "failed" for result in results)
        self.status = "FAILED" if self.n_failed else "FINISHED"
        self.unstaged += stage_cohort(self.tracker.outbox.folder, self.run_id, self.plan, self.command, results, models or {})
        self.keep_and_send()

    def record_references(self, results: Sequence[ReferenceResult]) -> None:
        """Keep and send the results of reference predictors, in place of earlier ones of the same task and lag."""
        new = references_frame(results)
        replaced = pd.MultiIndex.from_frame(self.references[["task", "lag"]]).isin(pd.MultiIndex.from_frame(new[["task", "lag"]]))
        self.references = typed(pd.concat([self.references[~replaced], new], ignore_index=True), REFERENCES)
        self.unstaged.append(partial(stage_references, self.tracker.outbox.folder, self.run_id, self.references))
        self.keep_and_send()

    def record_step_costs(self, costs: Sequence[StepCost]) -> None:
        """Write the times of training steps, in place of earlier ones of the same conditions."""
        if costs:
            new = step_costs_frame(costs)
            earlier = self.step_costs[~self.step_costs.fingerprint.isin(new.fingerprint)]
            self.step_costs = typed(pd.concat([earlier, new], ignore_index=True), STEP_COSTS)
            text = self.step_costs.to_csv(index=False)
            self.tracker.insist(lambda: self.tracker.client.log_text(self.run_id, text, STEP_COSTS_FILE))

    def keep_and_send(self) -> None:
        """Write to the disk what is not there yet, and send what is if it is time for an attempt; what cannot be written is said."""
        try:
            self.keep()
        except OSError as error:
            self.tracker.tell(f"{self.in_memory(error)}; it is tried again")
        self.tracker.retries.attempt(self.tracker.outbox.send)

    def keep(self) -> None:
        """Write to the disk what is not there yet."""
        while self.unstaged:
            self.tracker.outbox.add(self.unstaged[0]())
            del self.unstaged[0]

    def in_memory(self, error: OSError) -> str:
        """Say that results could not be written to the disk."""
        return f"what was trained last cannot be written to {self.tracker.outbox.folder} ({error.strerror or error}) and is in memory alone"

    def send_all(self) -> None:
        """Send all that was recorded; raises `UsageError` where the disk is full, or the store has not answered for too long, with what is kept where."""
        self.keep_and_send()  # what is sent leaves room on the disk
        try:
            self.keep()
        except OSError as error:
            raise UsageError(f"{self.in_memory(error)}, so it is lost; make room, and the same command trains it again") from error
        self.tracker.insist(self.tracker.outbox.send)

    def record_warning(self, about: str, line: str) -> None:
        """Keep a warning as a tag of the benchmark's run, which `conclude` writes too."""
        self.warnings[about] = line
        self.tracker.retries.attempt(lambda: log(self.tracker.client, self.run_id, tags=self.tags))

    @property
    def tags(self) -> dict[str, str]:
        """The tag with all warnings, where there are any."""
        return {"warnings": redact("\n".join(self.warnings.values()))} if self.warnings else {}

    def record_times(self, times: Mapping[str, float]) -> None:
        """Write the seconds by part of the work to a file, since a dozen metrics would be a dozen charts on MLflow's pages."""
        self.tracker.insist(lambda: self.tracker.client.log_dict(self.run_id, dict(times), TIMES))

    def record_answers(self, answers: Sequence[RecordedAnswer]) -> None:
        """Write the answers on recorded data."""
        self.tracker.insist(lambda: self.tracker.client.log_text(self.run_id, answers_as_json(list(answers)), RECORDED))

    def read(self) -> Benchmark:
        """Read the benchmark back. What turns out to be damaged is set aside: of a store on a server, this is the first time that its files are read."""
        found: list[DamagedCondition] = []

        def note(damaged: Sequence[DamagedCondition]) -> None:
            found[:] = damaged  # of the last attempt

        benchmark = self.tracker.insist(lambda: read(self.tracker.uri, self.run_id, note))
        if found:
            self.tracker.tell(self.tracker.set_aside(found))
        return benchmark

    def conclude(self, figures: dict[str, float], verdict: str) -> None:
        """Write the figures of the whole benchmark, and a note with the Markdown `verdict`."""
        note = f"{literal(self.plan.profile.description)}\n\n{verdict}\n\nRun it again, or go on with it:\n\n{code_block(self.command)}"
        tags = {NOTE: redact(note), **self.tags}
        self.tracker.insist(lambda: log(self.tracker.client, self.run_id, metrics=finite(figures), tags=tags))

    def attach(self, files: Iterable[Path], folder: str | None = None) -> None:
        """Write files as artifacts of the benchmark's run."""
        for path in files:
            self.tracker.insist(partial(self.tracker.client.log_artifact, self.run_id, str(path), folder))

    def close(self, status: Status) -> None:
        """Close the run, of which nothing may be written afterwards."""
        self.tracker.insist(lambda: self.tracker.close(self.tracker.noted(self, status)))
