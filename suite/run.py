"""Benchmarks from Python: `run` trains a profile and tracks it, `load` reads one back; the command line only parses for them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unvanish.suite import plugins as loaded_plugins
from unvanish.suite.execution.timing import TimeBreakdown
from unvanish.suite.experiment.plan import Cohort, Plan, make_plan
from unvanish.suite.experiment.plan import select as select_conditions
from unvanish.suite.experiment.profile import Profile, with_offered
from unvanish.suite.experiment.profile import load as load_profile
from unvanish.suite.experiment.trial import Result
from unvanish.suite.output import output_folder
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

    from unvanish.suite.tracking import BenchmarkWriter, Records


class Listener:
    """Hears what happens while a benchmark runs; this one ignores it."""

    def say(self, line: str) -> None:
        """Something a person may want to know."""

    @contextmanager
    def progress(self, cohorts: Sequence[Cohort]) -> Iterator[None]:
        """These cohorts are trained while the block runs."""
        yield

    def advance(self, cohort: Cohort, trial_steps: int) -> None:
        """A cohort has trained this many more steps, counted over its trials."""

    def done(self, cohort: Cohort, results: Sequence[Result], failure: str | None) -> None:
        """A cohort has ended; `failure` says why, where it could not be run to its end."""

    def ended(self, plan: Plan, seconds: Mapping[str, float], local: bool) -> None:
        """All cohorts of this plan have ended; where the seconds went, and whether the workers were processes of this machine."""


@dataclass(frozen=True)
class Benchmark:
    """A tracked benchmark; its tables are read from MLflow when one is first asked for.

    uri       the address of its store
    run_id    its run in MLflow
    n_failed  trials that the last `run` could not run to their end; they count as not solved, and the next `run` tries them again

    The tables are pandas frames: `trials` has a row a trial, `curves` one a trial and evaluation, `gradients` and `probes` one a trial,
    probe and step back, `references` one a reference predictor. `columns.md` beside a report says what every column means and its unit.
    """

    uri: str
    run_id: str
    n_failed: int = 0

    @cached_property
    def records(self) -> Records:
        """All that is tracked."""
        from unvanish.suite.tracking import read

        return read(self.uri, self.run_id)

    @property
    def plan(self) -> dict[str, Any]:
        """What was planned: the profile, its tasks and conditions."""
        return self.records.plan

    @property
    def trials(self) -> pd.DataFrame:
        return self.records.trials

    @property
    def curves(self) -> pd.DataFrame:
        return self.records.curves

    @property
    def probes(self) -> pd.DataFrame:
        return self.records.probes

    @property
    def gradients(self) -> pd.DataFrame:
        return self.records.gradients

    @property
    def references(self) -> pd.DataFrame:
        return self.records.references


def load(output: str | Path = "results", tracking_uri: str | None = None, run_id: str | None = None) -> Benchmark:
    """The newest benchmark that is tracked in a folder or at an address, or the one with this run.

    >>> trials = unvanish.load("results").trials

    Raises `UsageError` where there is none.
    """
    from unvanish.suite.tracking import default_uri, read

    uri = tracking_uri or default_uri(Path(output))
    records = read(uri, run_id)
    found = Benchmark(uri, records.run_id)
    vars(found)["records"] = records  # it need not be read twice
    return found


def run(
    profile: str | Path | Profile,
    output: str | Path = "results",
    *,
    select: str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    tracking_uri: str | None = None,
    fresh: bool = False,
    plugins: Sequence[str | Path] = (),
    listener: Listener | None = None,
) -> Benchmark:
    """Trains the conditions of a profile that are not done yet, on worker processes, and tracks them.

    >>> benchmark = unvanish.run("smoke", "results", select="task=adding,model=rnn|lstm")
    >>> benchmark.trials.groupby(["model", "mitigation"]).score.median()

    profile       a profile's name, the path of a TOML file, or a `unvanish.suite.experiment.profile.Profile`
    output        the folder of the results
    select        only some conditions, as in 'task=adding,model=lstm|gru'
    workers       processes on this machine; one a core by default
    scheduler     the address of a Dask scheduler whose workers to use instead
    tracking_uri  an MLflow tracking address; MLFLOW_TRACKING_URI or mlflow.db in the output folder by default
    fresh         trains everything anew
    plugins       Python files with tasks, models or mitigations of your own, which are added to the profile
    listener      hears what happens

    A script that calls this needs the usual guard `if __name__ == "__main__":`, since workers are processes that import it.
    Raises `UsageError` for what cannot be done.
    """
    for path in plugins:
        loaded_plugins.add(Path(path))
    whole = make_plan(with_offered(profile if isinstance(profile, Profile) else load_profile(str(profile))))
    wanted = select_conditions(whole, select) if select else whole
    with output_folder(Path(output)) as folder:
        tracked = train(whole, wanted, folder, workers, scheduler, tracking_uri, fresh, listener or Listener())
    return Benchmark(tracked.uri, tracked.writer.run_id, tracked.n_failed)


@dataclass(frozen=True)
class Tracked:
    """A benchmark that has been trained and tracked, whose run can still be written to."""

    uri: str
    writer: BenchmarkWriter
    times: TimeBreakdown
    n_failed: int


def train(
    whole: Plan, wanted: Plan, output: Path, workers: int | None, scheduler: str | None, tracking_uri: str | None, fresh: bool, listener: Listener
) -> Tracked:
    """Trains what of the conditions `wanted` is not done yet, as a part of the benchmark `whole`; the parameters are those of `run`."""
    from unvanish.suite.execution import cluster_at, collect_references, local_workers, start_references
    from unvanish.suite.execution.context import context
    from unvanish.suite.references import fingerprint
    from unvanish.suite.tracking import Tracker, default_uri

    if scheduler and workers:
        raise UsageError("--workers and --scheduler are both given; a scheduler has its own workers, so leave one of them out")
    uri, times = tracking_uri or default_uri(output), TimeBreakdown()
    listener.say(f"{whole.profile.name}: {len(wanted.conditions)} conditions; results in {output}, tracked at {uri}")
    with ExitStack() as resources:
        client = resources.enter_context(cluster_at(scheduler)) if scheduler else None
        tracker = Tracker(uri, output)
        missing = wanted if fresh else wanted.without(tracker.finished())
        if len(missing.conditions) < len(wanted.conditions):
            listener.say(f"{len(wanted.conditions) - len(missing.conditions)} conditions are done already; --fresh trains them anew")
        writer = tracker.open_benchmark(whole, context(), fresh)
        known = set(writer.references.fingerprint)
        unreferenced = [cohort for cohort in wanted.cohorts if fingerprint(cohort.task, cohort.budget) not in known]
        if (missing.cohorts or unreferenced) and client is None:
            count = min(workers or len(os.sched_getaffinity(0)), max(len(missing.cohorts), 1))
            listener.say(f"starting {count} worker process{'es' if count > 1 else ''}")
            client = resources.enter_context(local_workers(count))
        times.started(max(len(client.scheduler_info(n_workers=-1)["workers"]), 1) if client else 1)
        references = start_references(unreferenced, client) if client else []
        n_failed = train_cohorts(missing, client, writer, listener, times) if missing.cohorts and client else 0
        results, seconds, missed = collect_references(references)
        for reason in missed:
            listener.say(f"reference predictors of a task could not be run: {reason}")
        times.of_worker({"references": seconds})
        writer.record_references(results)
        listener.ended(missing, times.seconds, local=not scheduler)
        writer.record_times(times.metrics(writer.before))
        writer.close("FAILED" if n_failed else "FINISHED")
    return Tracked(uri, writer, times, n_failed)


def train_cohorts(missing: Plan, client: Client, writer: BenchmarkWriter, listener: Listener, times: TimeBreakdown) -> int:
    """Trains and records every cohort; the number of trials that failed to run. Ctrl-C keeps what is recorded."""
    from unvanish.suite.execution import Done
    from unvanish.suite.execution import run as run_cohorts

    n_failed = 0
    try:
        with listener.progress(missing.cohorts):
            for event in run_cohorts(missing.cohorts, client):
                if isinstance(event, Done):
                    times.of_worker(event.seconds)
                    with times.spent_on("tracking"):
                        writer.record(event.results, event.models)
                    n_failed += sum(result.status == "failed" for result in event.results)
                    listener.done(event.cohort, event.results, event.failure)
                else:
                    listener.advance(event.cohort, event.trial_steps)
    except (KeyboardInterrupt, SystemExit):
        with suppress(Exception):
            writer.close("KILLED")
        listener.say("stopping; the conditions finished so far are kept, and the same command goes on from there")
        raise
    except BaseException:
        with suppress(Exception):  # the store itself may be what failed
            writer.close("FAILED")
        raise
    return n_failed
