"""`unvanish run`: trains a profile, tracks it and renders its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan import Plan


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
    from unvanish.suite.experiment.plan import make_plan
    from unvanish.suite.experiment.plan import select as select_conditions
    from unvanish.suite.experiment.profile import load, with_offered
    from unvanish.suite.output import output_folder

    whole = make_plan(with_offered(load(profile)))
    wanted = select_conditions(whole, select) if select else whole
    with output_folder(output):
        return run_and_report(whole, wanted, output, workers, scheduler, tracking_uri, fresh)


def run_and_report(whole: Plan, wanted: Plan, output: Path, workers: int | None, scheduler: str | None, tracking_uri: str | None, fresh: bool = False) -> int:
    """What `run` does once it is known what is wanted; the exit status."""
    from unvanish.reports import beside
    from unvanish.reports.write import attach, draw
    from unvanish.suite.cli.advise import print_answer
    from unvanish.suite.cli.display import Display
    from unvanish.suite.cli.results import in_markdown, print_results, totals
    from unvanish.suite.run import train

    display = Display(whole.profile.name)
    tracked = train(whole, wanted, output, workers, scheduler, tracking_uri, fresh, display)
    display.say("writing the report")
    with beside.processes(importing="unvanish.reports.figures.files"):
        drawn = draw(tracked.uri, tracked.writer.run_id)
        attach(tracked.writer, drawn, output)
    tracked.writer.conclude(totals(drawn.data), in_markdown(drawn.data))
    print_results(drawn.data)
    print_answer(drawn.data, output)
    display.say(f"the report is {output / 'report.html'}; to see the runs: unvanish ui --output {output}")
    if tracked.n_failed:
        display.say(f"{tracked.n_failed} trials failed to run and count as not solved; the same command tries them again")
    return 1 if tracked.n_failed else 0
