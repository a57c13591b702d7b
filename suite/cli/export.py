"""`unvanish export`: a trained trial as a plain Keras model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from suite.cli.options import Output, TrackingUri


def export(
    run: Annotated[str, typer.Argument(help="The run of an evaluation trial: the column run_id of trials.csv.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.keras", help="Where to write the model.")],
    output: Output,
    tracking_uri: TrackingUri = None,
) -> None:
    """Write a trained trial as a Keras model that loads without this project."""
    from suite.executor import quiet_stderr
    from suite.tracking import default_uri, read_trained

    trained = read_trained(tracking_uri or default_uri(output), run)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_stderr():
        from suite.export import export as write

        write(*trained, file)
    print(file)
