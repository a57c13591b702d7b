"""`unvanish export`: a trained trial as a plain Keras model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri


def export(
    run: Annotated[str, typer.Argument(help="The run of an evaluation trial: the column run_id of trials.csv.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.keras", help="Where to write the model.")],
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    plugin: Plugin = None,
) -> None:
    """Write a trained trial as a Keras model that loads without this project, and say what its inputs and outputs are."""
    from unvanish.suite.silence_stderr import silence_stderr
    from unvanish.suite.tracking import default_uri, read_trained

    trained = read_trained(tracking_uri or default_uri(output), run)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silence_stderr():
        from unvanish.suite.export.to_keras import export as write

        described = write(*trained, file)
    from unvanish.suite.export.encoding import in_lines

    print(file)
    for line in in_lines(described):
        print(line)
