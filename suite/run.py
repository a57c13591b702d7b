"""Benchmarks from Python: `run` trains a profile, tracks it and writes its report; `load` reads one back. The command line only parses and prints."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from unvanish.suite import plugins as loaded_plugins
from unvanish.suite.contracts.before_training import check_before_training, check_plan, subjects_of_plan
from unvanish.suite.execution.memory import check_memory
from unvanish.suite.execution.timing import TimeBreakdown, metric
from unvanish.suite.experiment.plan import Cohort, Plan, load_plan, make_plan
from unvanish.suite.experiment.plan import select as select_conditions
from unvanish.suite.experiment.profile import Profile, with_plugin_entries
from unvanish.suite.experiment.trial import Result
from unvanish.suite.locking import only_one_run
from unvanish.suite.output import output_folder
from unvanish.suite.recorded_plugins import find_again
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.machine import memory_bytes
from unvanish.tasks.recorded import RecordedTask

if TYPE_CHECKING:
    from distributed import Client

    from unvanish.reports.benchmark import Benchmark
    from unvanish.suite.execution.checkpoints.folder import CheckpointFolder
    from unvanish.suite.tracking import BenchmarkWriter, Tracker

MAX_WORKERS = 1000  # processes of one machine
MAX_TIMEOUT = 1e9  # seconds, some thirty years


class ProgressCallback:
    """Progress hooks; no-op by default."""

    def message(self, line: str) -> None:
        """Called with a line for whoever follows the run."""

    @contextmanager
    def training(self, pending: Plan, workers: int) -> Iterator[None]:
        """Entered while the cohorts of this plan are trained by so many worker processes."""
        yield

    def on_steps(self, cohort: Cohort, trial_steps: int, trials: int) -> None:
        """Called when a cohort has trained this many more steps, counted over its trials, of which so many are known so far."""

    def on_cohort_end(self, cohort: Cohort, results: Sequence[Result], failure: str | None) -> None:
        """Called when a cohort has ended; `failure` says why, where it could not be run to its end."""

    def on_training_end(self, trained: Plan, seconds: Mapping[str, float], local: bool) -> None:
        """Called after the last cohort, with the seconds by part of the work, and whether the workers were processes of this machine."""


def load(output: str | Path = "results", tracking_uri: str | None = None, run_id: str | None = None) -> Benchmark:
    """Return the newest benchmark that is tracked in a folder or at an address, or the one with this run.

    >>> conditions = unvanish.load("results").conditions

    Raises `UsageError` where there is none.
    """
    from unvanish.suite.tracking import default_uri, read

    return read(tracking_uri or default_uri(Path(output)), run_id)


def run(
    profile: str | Path | Profile,
    output: str | Path = "results",
    *,
    select: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    tracking_uri: str | None = None,
    fresh: bool = False,
    retry_failed: bool = False,
    cohort_timeout: float | None = None,
    worker_timeout: float | None = None,
    plugins: Sequence[str | Path] = (),
    callback: ProgressCallback | None = None,
) -> Benchmark:
    """Train the conditions of a profile that are unfinished, track them, and write the report: all that the command `unvanish run` does.

    >>> benchmark = unvanish.run("smoke", "results", select="task=adding,model=rnn|lstm")
    >>> benchmark.trials.groupby(["model", "mitigation"]).score.median()

    profile       a profile's name, the path of a TOML file, or a `unvanish.suite.experiment.profile.Profile`
    output        the folder of the results
    select        only some conditions, as in 'task=adding,model=lstm|gru'
    workers       processes on this machine; one a core by default
    scheduler     the address of a Dask scheduler whose workers to use instead, or its scheduler file
    tracking_uri  an MLflow tracking address; MLFLOW_TRACKING_URI or mlflow.db in the output folder by default
    fresh         trains everything anew, and goes on so when it was interrupted and the call is made again without this
    retry_failed  also tries the conditions again that failed to run before
    cohort_timeout  the seconds after which trials that are trained together and make no progress are given up; they wait for ever by default
    worker_timeout  the seconds without any worker after which the run ends; 600 by default
    plugins       Python files with tasks, models or mitigations of your own, which are added to the profile; those of the benchmark that is gone on with
                  are found again
    callback      is told of the progress

    The benchmark's run in MLflow is closed last, after all that belongs to it is written: FINISHED; FAILED where a trial could not be run, or the
    report could not be written; KILLED where it was interrupted. What was recorded before is kept, and the same call goes on from there: with what was
    never run or was interrupted, and with what was set aside since a file of it is damaged. One call at a time uses a folder.

    Raises `UsageError` for what cannot be done.
    """
    if scheduler and workers:
        raise UsageError("--workers and --scheduler are both given; a scheduler has its own workers, so leave one of them out")
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise UsageError(f"--workers is {shown(workers)}; give 1 to {MAX_WORKERS}, or leave it out for one a core")
    if cohort_timeout is not None and not 0 < cohort_timeout <= MAX_TIMEOUT:
        raise UsageError(f"--cohort-timeout is {cohort_timeout:g}; give the seconds without progress that are too many, such as 600, or leave it out")
    if worker_timeout is not None and not worker_timeout > 0:
        raise UsageError(f"--worker-timeout is {worker_timeout:g}; give the seconds without any worker that are too many, such as 600, or leave it out")
    for path in plugins:
        loaded_plugins.add(Path(path))
    command = command_of(profile, output, select, workers, scheduler, tracking_uri, fresh, retry_failed, cohort_timeout, worker_timeout, plugins)
    plan, selected = plan_of(profile, select)
    check_plan(selected)
    if scheduler is None:
        check_memory(selected.cohorts, memory_bytes())
    times, callback = TimeBreakdown(), callback or ProgressCallback()
    with output_folder(Path(output)) as folder, ExitStack() as locks:
        locks.enter_context(only_one_run(folder))
        callback.message(f"{plan.profile.name}: {len(selected.conditions)} conditions; results in {folder}")
        for sentence in warnings_of(selected):
            callback.message(sentence)
        # after the first message, since these load MLflow and Dask, which takes seconds
        from unvanish.suite.execution.clusters import cluster_at, local_workers
        from unvanish.suite.execution.context import context
        from unvanish.suite.execution.presence import number_of_workers
        from unvanish.suite.execution.step_costs import cohorts_to_time
        from unvanish.suite.tracking import Tracker, database_file, default_uri

        uri = tracking_uri or default_uri(folder)
        if (database := database_file(uri)) and database.parent.is_dir():
            locks.enter_context(only_one_run(database.parent))
        callback.message(f"tracked at {uri}")
        with ExitStack() as cluster:
            client = cluster.enter_context(cluster_at(scheduler)) if scheduler else None  # first, so that a wrong address leaves no run behind
            tracker = Tracker(uri, folder, callback.message)
            tracker.close_left(tracker.send_unsent(), plan)
            given = loaded_plugins.active()
            if not fresh:
                find_again(tracker.recorded_plugins(plan))
            if loaded_plugins.active() != given:
                plan, selected = plan_of(profile, select)  # whose conditions depend on the probes of plug-ins
            pending = selected if fresh else unfinished(selected, tracker, plan, retry_failed, callback)
            if pending.cohorts and subjects_of_plan(pending):
                callback.message("checking the plug-ins")
                check_before_training(pending)
            with tracker.benchmark(plan, context(command), fresh) as writer:
                try:
                    unreferenced, untimed = without_references(selected, writer), cohorts_to_time(selected, set(writer.step_costs.fingerprint))
                    if (pending.cohorts or unreferenced or untimed) and client is None:
                        count = min(workers or len(os.sched_getaffinity(0)), max(len(pending.cohorts), 1))
                        callback.message(f"starting {count} worker process{'es' if count > 1 else ''}")
                        client = cluster.enter_context(local_workers(count))
                    times.started(max(number_of_workers(client), 1) if client else 1)
                    if client:
                        checkpoints = checkpoints_of(pending, folder, fresh, callback)
                        train(pending, unreferenced, untimed, client, writer, callback, times, cohort_timeout, worker_timeout, checkpoints)
                    callback.on_training_end(pending, times.seconds, local=not scheduler)
                    writer.send_all()
                    writer.record_times(times.metrics(writer.before))
                    cluster.close()  # the report needs the memory and the cores of the workers
                    callback.message("writing the report")
                    return report(writer, folder, selected)
                except (KeyboardInterrupt, SystemExit):
                    callback.message("stopping; the conditions finished so far are kept, and the same command goes on from there")
                    raise


def unfinished(selected: Plan, tracker: Tracker, plan: Plan, retry_failed: bool, callback: ProgressCallback) -> Plan:
    """The selected conditions that are to be trained: never run, interrupted or damaged since, and those that failed where they are to be tried again."""
    if damaged := tracker.set_aside_damaged(plan):
        callback.message(damaged)
    states = tracker.states(tracker.continued(plan))
    done = {fingerprint for fingerprint, state in states.items() if state == "FINISHED"}
    pending = selected.without(done)
    if n_done := len(selected.conditions) - len(pending.conditions):
        callback.message(f"{n_done} conditions are done already; --fresh trains them anew")
    untried = pending.without(states.keys() - done)
    if retry_failed:
        return pending
    if n_failed := len(pending.conditions) - len(untried.conditions):
        callback.message(f"{n_failed} conditions failed to run before; --retry-failed tries them again")
    return untried


def warnings_of(plan: Plan) -> list[str]:
    """Return what is odd about the recorded data of a plan, each sentence once."""
    tasks = dict.fromkeys(cohort.task for cohort in plan.cohorts)
    return list(dict.fromkeys(f"{task.name}: {sentence}" for task in tasks if isinstance(task, RecordedTask) for sentence in task.warnings))


def plan_of(profile: str | Path | Profile, select: str | None) -> tuple[Plan, Plan]:
    """The plan of a profile with what the plug-ins in use add to it, and its selected conditions."""
    plan = make_plan(with_plugin_entries(profile)) if isinstance(profile, Profile) else load_plan(str(profile))
    return plan, select_conditions(plan, select) if select is not None else plan


def command_of(
    profile: str | Path | Profile,
    output: str | Path,
    select: str | None,
    workers: int | None,
    scheduler: str | None,
    tracking_uri: str | None,
    fresh: bool,
    retry_failed: bool,
    cohort_timeout: float | None,
    worker_timeout: float | None,
    plugins: Sequence[str | Path],
) -> str:
    """The command line that does the same, without passwords; for a profile that was made in Python, the one of this process."""
    if isinstance(profile, Profile):
        return shlex.join([Path(sys.argv[0]).name, *map(redact, sys.argv[1:])])
    options = {"--select": select, "--workers": workers, "--scheduler": scheduler, "--tracking-uri": tracking_uri}
    limits = {"--cohort-timeout": cohort_timeout, "--worker-timeout": worker_timeout}
    options |= {option: f"{limit:g}" for option, limit in limits.items() if limit is not None}
    given = [word for option, value in options.items() if value is not None for word in (option, redact(value))]
    files = [word for path in plugins for word in ("--plugin", str(path))]
    return shlex.join(["unvanish", "run", str(profile), "--output", str(output), *given, *["--fresh"] * fresh, *["--retry-failed"] * retry_failed, *files])


def without_references(selected: Plan, writer: BenchmarkWriter) -> list[Cohort]:
    """The cohorts whose task has no results of reference predictors yet."""
    from unvanish.suite.references import fingerprint

    known = set(writer.references.fingerprint)
    return [cohort for cohort in selected.cohorts if fingerprint(cohort.task, cohort.budget) not in known]


def train(
    pending: Plan,
    unreferenced: Sequence[Cohort],
    untimed: Sequence[Cohort],
    client: Client,
    writer: BenchmarkWriter,
    callback: ProgressCallback,
    times: TimeBreakdown,
    cohort_timeout: float | None,
    worker_timeout: float | None,
    checkpoints: CheckpointFolder,
) -> None:
    """Train every cohort of a plan, fit the reference predictors of the tasks of other cohorts, and time training steps; record what ends as it ends."""
    from unvanish.suite.execution.cohorts import Done, Notice, Progress
    from unvanish.suite.execution.cohorts import run as run_cohorts
    from unvanish.suite.execution.presence import WORKER_TIMEOUT, Presence
    from unvanish.suite.execution.references import collect_references, start_references
    from unvanish.suite.execution.step_costs import collect_step_costs, start_compiling

    worker_limit = worker_timeout or WORKER_TIMEOUT
    with Presence(client, worker_limit).needed():
        references, compiling = start_references(unreferenced, client), start_compiling(untimed, client)
    if pending.cohorts:
        with callback.training(pending, times.workers):
            for event in run_cohorts(pending.cohorts, client, cohort_timeout, worker_limit, checkpoints):
                if isinstance(event, Done):
                    times.add_worker_seconds(event.seconds)
                    with times.spent_on("tracking"):
                        writer.record(event.results, event.models)
                    if any(result.status == "finished" for result in event.results):  # what was given up goes on from its checkpoint if it is tried again
                        checkpoints.remove(event.cohort)
                    for about, line in event.warnings.items():
                        warn(line, about, writer, callback)
                    callback.on_cohort_end(event.cohort, event.results, event.failure)
                elif isinstance(event, Progress):
                    callback.on_steps(event.cohort, event.trial_steps, event.trials)
                elif isinstance(event, Notice):
                    callback.message(event.line)
                else:
                    callback.message(stalled(event.cohort, event.seconds, cohort_timeout))
    results, seconds = collect_references(references, client, callback.message, cohort_timeout, worker_limit)
    times.add_worker_seconds({"references": seconds})
    writer.record_references(results)
    if compiling:
        callback.message("timing a training step of each mitigation")
        costs, seconds = collect_step_costs(compiling, client, callback.message, cohort_timeout, worker_limit)
        times.add_worker_seconds({"step costs": seconds})
        writer.record_step_costs(costs)


def checkpoints_of(pending: Plan, output: Path, fresh: bool, callback: ProgressCallback) -> CheckpointFolder:
    """Return the folder of the checkpoints in an output folder, from which the cohorts of a plan go on that have one, unless they are trained anew."""
    from unvanish.suite.execution.checkpoints.folder import INTERVAL, CheckpointFolder
    from unvanish.suite.execution.worker import LOADED

    checkpoints = CheckpointFolder(output / "checkpoints", INTERVAL, LOADED)
    for line in checkpoints.begin(pending.cohorts, fresh):
        callback.message(line)
    if going_on := sum(checkpoints.file(cohort).exists() for cohort in pending.cohorts):
        callback.message(f"{going_on} of {len(pending.cohorts)} cohorts go on from their checkpoints")
    return checkpoints


def warn(line: str, about: str, writer: BenchmarkWriter, callback: ProgressCallback) -> None:
    """Tell a warning and keep it with the benchmark's run, the first time that there is one about this."""
    if about not in writer.warnings:
        writer.record_warning(about, line)
        callback.message(line)


def stalled(cohort: Cohort, seconds: float, limit: float | None) -> str:
    """Return the line that says that a cohort makes no progress, and what can be done."""
    line = f"{cohort.label} has made no progress for {seconds:.0f} s: a large program is being compiled, or what it calls does not return"
    return f"{line}; --cohort-timeout SECONDS gives up what hangs" if limit is None else f"{line}; it is given up after {limit:g} s"


def report(writer: BenchmarkWriter, output: Path, selected: Plan | None = None) -> Benchmark:
    """Read the benchmark back, write its page, tables and figures, and keep them with its run, together with its totals and note.

    Its run is closed as FAILED where trials of selected conditions could not be run. Raises `UsageError` where the files cannot be written.
    """
    from unvanish.reports.figures.files import write_drawings
    from unvanish.reports.pages.benchmark import contents, drawings
    from unvanish.reports.tables.summary import markdown, totals
    from unvanish.reports.write import write

    started = perf_counter()
    benchmark = writer.read()
    if selected:
        benchmark = replace(benchmark, n_failed=count_failed(benchmark, selected))
        writer.status = "FAILED" if benchmark.n_failed else "FINISHED"
        benchmark = with_recorded_answers(benchmark, selected, writer)
    try:
        page = contents(benchmark)
        figures = list(write_drawings(drawings(page), output / "figures"))
        times = benchmark.times | {metric("report"): writer.before.get(metric("report"), 0.0) + perf_counter() - started}
        writer.record_times(times)
        writer.attach(write(benchmark, page, times, output))
        writer.attach(figures, "figures")
        writer.conclude(totals(benchmark), markdown(benchmark))
    except OSError as error:
        raise UsageError(
            f"the report cannot be written to {output} ({error.strerror or error}); all that was trained is tracked, and the same command writes the report"
        ) from error
    return replace(benchmark, times=times)


def with_recorded_answers(benchmark: Benchmark, selected: Plan, writer: BenchmarkWriter) -> Benchmark:
    """Measure the answer on each recorded task that was selected, which needs its data, and keep it with the benchmark's run."""
    tasks = list(dict.fromkeys(cohort.task for cohort in selected.cohorts if isinstance(cohort.task, RecordedTask)))
    if not tasks:
        return benchmark
    from unvanish.suite.recorded.measure import answers

    try:
        anew = answers(benchmark, tasks)
    except Exception as error:  # a missing answer is no reason to lose the page of what was trained
        writer.record_warning("recorded answer", f"the networks could not be compared with simple predictors: {loaded_plugins.reason_of(error)}")
        return benchmark
    measured = {(task.name, task.lag) for task in tasks}
    recorded = [*(answer for answer in benchmark.recorded if (answer.task, answer.lag) not in measured), *anew]
    writer.record_answers(recorded)
    return replace(benchmark, recorded=recorded)


def count_failed(benchmark: Benchmark, selected: Plan) -> int:
    """The number of trials of selected conditions that could not be run to their end, in this run or an earlier one."""
    failed = benchmark.trials[benchmark.trials.status == "failed"]
    keys = {(condition.task.name, condition.lag, condition.model, condition.mitigation) for condition in selected.conditions}
    return sum(key in keys for key in failed[["task", "lag", "model", "mitigation"]].itertuples(index=False, name=None))
