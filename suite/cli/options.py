"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DEFAULT_OUTPUT = Path("results")  # as in the Makefile
Output = Annotated[Path, typer.Option("--output", help="The folder of the results.")]
TrackingUri = Annotated[
    str | None, typer.Option("--tracking-uri", help="An MLflow tracking address. [default: MLFLOW_TRACKING_URI, or mlflow.db in the output folder]")
]
