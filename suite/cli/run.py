"""`unvanish run`: train a profile, track it and write its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark
    from unvanish.suite.experiment.profile import Profile


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
    given = {"select": select, "workers": workers, "scheduler": scheduler, "tracking_uri": tracking_uri, "fresh": fresh, "plugins": plugin or ()}
    return 1 if run_and_print(profile, output, **given).n_failed else 0


def run_and_report(whole: Plan, wanted: Plan, output: Path, workers: int | None, scheduler: str | None, tracking_uri: str | None, fresh: bool = False) -> int:
    """What `run` does once it is known what is wanted; the exit status."""
    from unvanish.reports.write import attach, draw
    from unvanish.suite.cli.advise import print_answer
    from unvanish.suite.cli.display import Display
    from unvanish.suite.run import run as run_benchmark

    display = Display(whole.profile.name)
    tracked = train(whole, wanted, output, workers, scheduler, tracking_uri, fresh, display)
    display.say("writing the report")
    drawn = draw(tracked.uri, tracked.writer.run_id)
    attach(tracked.writer, drawn, output)
    tracked.writer.conclude(totals(drawn.data), in_markdown(drawn.data))
    print_results(drawn.data)
    print_answer(drawn.data, output)
    display.say(f"the report is {output / 'report.html'}; to see the runs: unvanish ui --output {output}")
    if tracked.n_failed:
        display.say(f"{tracked.n_failed} trials failed to run and count as not solved; the same command tries them again")
    return 1 if tracked.n_failed else 0
