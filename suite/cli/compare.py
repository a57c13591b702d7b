"""`unvanish compare`: benchmarks side by side, as a guard of a pipeline too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri
from unvanish.suite.cli.terminal import console, print_table, styled
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark
    from unvanish.reports.tables.comparison import Comparison

CHANGES_SHOWN = 40


def compare(
    benchmarks: Annotated[list[str], typer.Argument(help="Two or more: a folder of results, the run id of a benchmark, or the name of its profile.")],
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    html: Annotated[Path | None, typer.Option(help="Write the comparison as a page, too.")] = None,
    plugin: Plugin = None,
) -> int:
    """Compare the first benchmark with each of the others, trial by trial of one seed.

    Exit status 1 if something that was solved is not any more: a condition of which at least half of the trials solved the task and fewer than half do
    now, or a model with a mitigation that lost more pairs than it gained, by McNemar's exact test after Holm's correction (p of at most 0.05); and if
    what was run before could not be run now.
    """
    from unvanish.reports.shown_names import with_shown_names
    from unvanish.reports.tables.comparison import Comparison

    if len(benchmarks) < 2:
        raise UsageError(f"only {benchmarks[0]} is given; give two benchmarks or more, as in: unvanish compare results elsewhere")
    first, *others = (with_shown_names(find(given, output, tracking_uri)) for given in benchmarks)
    first_name, *names = short_names(benchmarks)
    comparisons = {name: Comparison(first, other) for name, other in zip(names, others, strict=True)}
    for name, comparison in comparisons.items():
        if comparison.pairs.empty:
            raise UsageError(f"{first_name} and {name} have no trial in common; compare benchmarks of the same tasks, lags, models, mitigations and seeds")
    for name, comparison in comparisons.items():
        print_comparison(first_name, name, comparison)
    if html:
        from unvanish.reports.pages.comparison import render
        from unvanish.suite.output import write_page

        write_page(render(first_name, comparisons), html)
        print(html)
    return int(any(comparison.became_unsolved or len(comparison.failing) for comparison in comparisons.values()))


def short_names(benchmarks: list[str]) -> list[str]:
    """Return the names of benchmarks to print: a folder by its last part, unless two would have the same name."""
    names = [Path(given).resolve().name if os.path.isdir(given) else given for given in benchmarks]
    return names if len(set(names)) == len(names) else benchmarks


def find(given: str, output: Path, tracking_uri: str | None) -> Benchmark:
    """The newest benchmark in a folder, or the one with this run id or name in the store; raises `UsageError`."""
    from unvanish.suite.run import load
    from unvanish.suite.tracking import benchmark_run, default_uri

    if os.path.isdir(given):
        return load(tracking_uri=f"sqlite:///{Path(given).resolve()}/mlflow.db")
    uri = tracking_uri or default_uri(output)
    return load(tracking_uri=uri, run_id=benchmark_run(uri, given))


def print_comparison(first: str, name: str, comparison: Comparison) -> None:
    """Print changed outcomes first, then the models and mitigations, then what was run only in one."""
    from unvanish.reports.pages.templating import signed
    from unvanish.reports.tables.comparison import verdict

    terminal = console()
    terminal.print(styled((first, "bold"), " and ", (name, "bold"), f": {verdict(comparison)}"))
    changed = comparison.changed
    if len(changed):
        rows = [
            [row.task, str(row.lag), row.model, row.mitigation, str(row.seed), row.outcome_before, row.outcome_after]
            for row in changed[:CHANGES_SHOWN].itertuples()
        ]
        print_table(["task", "lag", "model", "mitigation", "seed", "before", "after"], rows, to=terminal, unbroken=["mitigation"])
        if len(changed) > CHANGES_SHOWN:
            terminal.print(f"and {len(changed) - CHANGES_SHOWN} more changed outcomes")
    groups = [
        [
            row.model,
            row.mitigation,
            f"{row.n_solved_before}/{row.n_pairs}",
            f"{row.n_solved_after}/{row.n_pairs}",
            f"+{row.n_gained} -{row.n_lost}",
            signed(row.difference),
            "-" if row.p_holm != row.p_holm else f"{row.p_holm:.2g}",
        ]
        for row in comparison.groups.itertuples()
    ]
    print_table(["model", "mitigation", "before", "after", "pairs", "score", "p"], groups, to=terminal, unbroken=["mitigation"])
    for row in comparison.conditions[comparison.conditions.unsolved].itertuples():
        terminal.print(
            f"became unsolved: {row.task} lag {row.lag} {row.model} {row.mitigation}, {row.n_solved_before} then {row.n_solved_after} of {row.n_pairs}"
        )
    for label, when in ((first, "before"), (name, "after")):
        only = comparison.only(when)
        if len(only):
            some = ", ".join(" ".join(map(str, row)) for row in only.head(5).itertuples(index=False))
            terminal.print(f"run only in {label}: {len(only)} conditions ({some}{', ...' if len(only) > 5 else ''})")
