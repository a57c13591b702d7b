"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DEFAULT_OUTPUT = Path("results")  # as in the Makefile
Output = Annotated[Path, typer.Option("--output", help="The folder of the results.")]


def load_plugins(paths: list[Path] | None) -> list[Path] | None:
    """Before a command looks anything up."""
    from unvanish.suite import plugins

    for path in paths or []:
        plugins.add(path)
    return paths


def find_plugins_of(output: Path | None, needed: Collection[tuple[str, str]] | None = None) -> None:
    """Load the plug-ins of the newest benchmark in a folder of results, if one is given; see `find_again`."""
    if output is not None:
        from unvanish.suite.recorded_plugins import find_again
        from unvanish.suite.tracking import default_uri, recorded_plugins

        find_again(recorded_plugins(default_uri(output)), needed)


Plugin = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        help="A Python file with a task, metric, model, mitigation, probe or figure of your own; may be given several times.",
        callback=load_plugins,
        is_eager=True,
    ),
]
ResultsWithPlugins = Annotated[
    Path | None, typer.Option("--output", help="A folder of results; what the plug-ins of its newest benchmark define is known too.")
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Also try conditions again that failed to run.")]
TrackingUri = Annotated[
    str | None, typer.Option("--tracking-uri", help="An MLflow tracking address. [default: MLFLOW_TRACKING_URI, or mlflow.db in the output folder]")
]
