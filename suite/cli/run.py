"""`unvanish run`: trains a profile, tracks it and renders its report."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.account import Account, metric
from suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri
from tasks.errors import WrongUse

if TYPE_CHECKING:
    from distributed import Client

    from suite.cli.display import Display
    from suite.plan import Plan
    from suite.tracking import BenchmarkWriter


def run(
    profile: Annotated[str, typer.Argument(help="A profile's name or a TOML file.")],
    output: Output = DEFAULT_OUTPUT,
    select: Annotated[str | None, typer.Option(help="Only some conditions, as in 'task=adding,model=lstm|gru'.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
    scheduler: Annotated[str | None, typer.Option(help="The address of a Dask scheduler whose workers to use.")] = None,
    tracking_uri: TrackingUri = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train everything anew, whatever is there already.")] = False,
    plugin: Plugin = None,
) -> int:
    """Train the conditions of a profile that are not done yet, and write the report."""
    from suite.plan import make_plan
    from suite.plan import select as select_conditions
    from suite.profile import load, with_offered

    if scheduler and workers:
        raise WrongUse("--workers and --scheduler are both given; a scheduler has its own workers, so leave one of them out")
    whole = make_plan(with_offered(load(profile)))
    wanted = select_conditions(whole, select) if select else whole

    from suite.cli.output import output_folder

    with output_folder(output):
        return run_plan(whole, wanted, output, workers or len(os.sched_getaffinity(0)), scheduler, tracking_uri, fresh)


def run_plan(whole: Plan, wanted: Plan, output: Path, workers: int, scheduler: str | None, tracking_uri: str | None, fresh: bool) -> int:
    from reports.figures.files import write_figures
    from suite.cli.advise import print_answer
    from suite.cli.display import Display
    from suite.cli.report import draw, write
    from suite.cli.results import in_markdown, print_results, totals
    from suite.cli.speed import measured_speed, remember
    from suite.context import context
    from suite.executor import cluster_at, collect_references, local_workers, start_references
    from suite.references import fingerprint
    from suite.tracking import Tracker, default_uri

    uri, account = tracking_uri or default_uri(output), Account()
    display = Display(whole.profile.name)
    display.say(f"{whole.profile.name}: {len(wanted.conditions)} conditions; results in {output}, tracked at {uri}")
    with ExitStack() as resources:
        client = resources.enter_context(cluster_at(scheduler)) if scheduler else None
        tracker = Tracker(uri, output)
        missing = wanted if fresh else wanted.without(tracker.finished())
        if len(missing.conditions) < len(wanted.conditions):
            display.say(f"{len(wanted.conditions) - len(missing.conditions)} conditions are done already; --fresh trains them anew")
        benchmark = tracker.open_benchmark(whole, context(), fresh)
        known = set(benchmark.references.fingerprint)
        unreferenced = [cohort for cohort in wanted.cohorts if fingerprint(cohort.task, cohort.budget) not in known]
        if (missing.cohorts or unreferenced) and client is None:
            count = min(workers, max(len(missing.cohorts), 1))
            display.say(f"starting {count} worker process{'es' if count > 1 else ''}")
            client = resources.enter_context(local_workers(count))
        account.started(max(len(client.scheduler_info(n_workers=-1)["workers"]), 1) if client else 1)
        references = start_references(unreferenced, client) if client else []
        failures = train(missing, client, benchmark, display, account) if missing.cohorts and client else 0
        results, seconds, missed = collect_references(references)
        for reason in missed:
            display.say(f"reference predictors of a task could not be run: {reason}")
        account.of_worker({"references": seconds})
        benchmark.record_references(results)
        if missing.cohorts and not scheduler:
            cost = sum(cohort.cost for cohort in missing.cohorts)
            remember(measured_speed(account.seconds, cost, len(missing.cohorts), f"the last benchmark here ({whole.profile.name})"))
        benchmark.record_times(account.metrics(benchmark.before))
        benchmark.close("FAILED" if failures else "FINISHED")
    display.say("writing the report")
    drawn = draw(uri, benchmark.run_id)
    times = drawn.data.metrics | {metric("report"): drawn.seconds + benchmark.before.get(metric("report"), 0.0)}
    benchmark.record_times(times)
    benchmark.attach(write(drawn, times, output))
    with tempfile.TemporaryDirectory() as folder:
        benchmark.attach(write_figures(drawn.data, Path(folder), ("svg",)), "figures")
    benchmark.conclude(totals(drawn.data), in_markdown(drawn.data))
    print_results(drawn.data)
    print_answer(drawn.data)
    display.say(f"the report is {output / 'report.html'}; to see the runs: unvanish ui --output {output}")
    if failures:
        display.say(f"{failures} trials failed to run and count as not solved; the same command tries them again")
    return 1 if failures else 0


def train(missing: Plan, client: Client, benchmark: BenchmarkWriter, display: Display, account: Account) -> int:
    """Trains and records every cohort; the number of trials that failed to run. Ctrl-C keeps what is recorded."""
    from suite.executor import Done, run

    failures = 0
    try:
        with display.progress(missing.cohorts):
            for event in run(missing.cohorts, client):
                if isinstance(event, Done):
                    account.of_worker(event.seconds)
                    with account.spent_on("tracking"):
                        benchmark.record(event.results, event.models)
                    failures += sum(result.status == "failed" for result in event.results)
                    display.done(event.cohort, event.results, event.failure)
                else:
                    display.advance(event.cohort, event.trial_steps)
    except (KeyboardInterrupt, SystemExit):
        with suppress(Exception):
            benchmark.close("KILLED")
        display.say("stopping; the conditions finished so far are kept, and the same command goes on from there")
        raise
    except BaseException:
        with suppress(Exception):  # the store itself may be what failed
            benchmark.close("FAILED")
        raise
    return failures
