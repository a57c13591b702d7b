"""`unvanish reproduce`: published results, measured again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, RetryFailed

if TYPE_CHECKING:
    import pandas as pd

    from unvanish.suite.studies.reproduction import Tables


def reproduce(
    output: Output = DEFAULT_OUTPUT,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes on this machine. [default: one a core]")] = None,
    retry_failed: RetryFailed = False,
) -> int:
    """Train the studies behind known results that are not done yet, and print what was published, what was measured, and the verdict."""
    from unvanish.reports.pages.reproduction import render
    from unvanish.suite.cli.run import run_study
    from unvanish.suite.cli.terminal import print_table
    from unvanish.suite.locking import only_one_run
    from unvanish.suite.output import output_folder, write_page
    from unvanish.suite.studies.reproduction import Tables, studies

    with output_folder(output), only_one_run(output):
        benchmarks = {study.name: run_study(study, output, workers, retry_failed) for study in studies()}
        table = verdicts({name: Tables(benchmark.trials, benchmark.curves, benchmark.gradients) for name, benchmark in benchmarks.items()})
        table.to_csv(output / "reproduction.csv", index=False)
        write_page(render(table), output / "reproduction.html")
    print_table(["result", "published", "measured", "verdict"], table[["result", "published", "measured", "verdict"]].to_numpy().tolist())
    return int(any(benchmark.n_failed for benchmark in benchmarks.values()))


def verdicts(tables_by_study: Mapping[str, Tables]) -> pd.DataFrame:
    """Return a row a known result, from the tables of the studies by their name."""
    import pandas as pd

    from unvanish.suite.studies.reproduction import KNOWN_RESULTS, Tables

    rows = []
    for result in KNOWN_RESULTS:
        tables = tables_by_study[result.study.name] if result.study else Tables.empty()
        failed = tables.n_failed
        measured = result.measure(tables) if not failed else None  # what could not be run shows nothing, not even the opposite
        verdict = "not measured" if measured is None else "reproduced" if measured.reproduced else "not reproduced"
        rows.append(
            {
                "result": result.name,
                "source": result.source,
                "published": result.published,
                "expected": result.expected,
                "measured": measured.text if measured else f"{failed} trials failed to run",
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)
