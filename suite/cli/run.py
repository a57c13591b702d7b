"""`unvanish run`: train a profile, track it and write its report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, RetryFailed, TrackingUri

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark
    from unvanish.suite.experiment.profile import Profile


def run(
    profile: Annotated[str, typer.Argument(help="A profile's name or a TOML file.")],
    output: Output = DEFAULT_OUTPUT,
    select: Annotated[str | None, typer.Option(help="Only some conditions, as in 'task=adding,model=lstm|gru'.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
    scheduler: Annotated[str | None, typer.Option(help="The address of a Dask scheduler whose workers to use, or its scheduler file.")] = None,
    tracking_uri: TrackingUri = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train everything anew, whatever is there already.")] = False,
    retry_failed: RetryFailed = False,
    cohort_timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Give up trials trained together that make no progress for so long. [default: never]")
    ] = None,
    worker_timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="End when there has been no worker for so long. [default: 600]")] = None,
    plugin: Plugin = None,
) -> int:
    """Train the conditions of a profile that are unfinished, and write the report."""
    given: dict[str, Any] = {"select": select, "workers": workers, "scheduler": scheduler, "tracking_uri": tracking_uri, "fresh": fresh}
    given |= {"retry_failed": retry_failed, "cohort_timeout": cohort_timeout, "worker_timeout": worker_timeout, "plugins": plugin or ()}
    return 1 if run_and_print(profile, output, **given).n_failed else 0


def run_and_print(profile: str | Profile, output: Path, **given: Any) -> Benchmark:
    """Call `unvanish.run`, show its progress, and print what came of it."""
    from unvanish.suite.cli.advise import print_answer
    from unvanish.suite.cli.display import Display
    from unvanish.suite.run import run as run_benchmark

    display = Display()
    benchmark = run_benchmark(profile, output, callback=display, **given)
    print_recorded(benchmark, output)
    print_results(benchmark)
    print_answer(benchmark, output)
    display.message(f"the report is {output / 'report.html'}; to see the runs: {shlex.join(['unvanish', 'ui', '--output', str(output)])}")
    if benchmark.n_failed:
        display.message(f"{benchmark.n_failed} trials could not be run, and count neither for nor against anything; --retry-failed tries them again")
    return benchmark


def run_study(study: Profile, output: Path, workers: int | None, retry_failed: bool) -> Benchmark:
    """Run a profile that comes with the suite: its report in a folder of its own below `output`, its trials tracked at the address of `output`."""
    from unvanish.suite.tracking import default_uri

    given: dict[str, Any] = {"workers": workers, "retry_failed": retry_failed, "tracking_uri": default_uri(output)}
    return run_and_print(study, output / study.name.replace(" ", "-"), **given)


def print_recorded(benchmark: Benchmark, output: Path) -> None:
    """Print the answer on recorded data, where there is any: the verdict, the predictors, what the network relies on, and the command that asks it."""
    from unvanish.reports.tables.recorded import column_rows, error_rows, predict_command, question, verdict
    from unvanish.suite.cli.terminal import console, print_table, styled

    terminal = console()
    answers = benchmark.recorded
    for answer in answers:
        terminal.print(styled((question([answer]), "bold"), f" ({answer.task}, lag {answer.lag})" if len(answers) > 1 else ""))
        terminal.print(verdict(answer))
        rows = [[row["name"], *row["errors"], row["mark"]] for row in error_rows(answer)]
        print_table(["predictor", *answer.network.errors, ""], rows, to=terminal)
        if columns := column_rows(answer):
            lost = ", ".join(f"{row['column']} ({row['loss']})" for row in columns)
            terminal.print(f"relied on: {lost}")
            terminal.print(f"  in parentheses: {'percentage points of accuracy' if answer.classes else 'mean absolute error'} lost where it is permuted")
        if command := predict_command(answer, answers, str(output)):
            terminal.print(f"to ask it about a log: {command}\n")


def print_results(benchmark: Benchmark) -> None:
    """Print the results as a table on standard output, and why trials could not be run."""
    from unvanish.reports.tables.failures import failures
    from unvanish.reports.tables.summary import heading, solved_matrix
    from unvanish.suite.cli.terminal import console, print_table

    columns, *rows = solved_matrix(benchmark)
    if rows:
        terminal = console()
        terminal.print(heading(benchmark))
        print_table(columns, rows, to=terminal)
        for sentence in failures(benchmark.trials):
            terminal.print(sentence)
