"""`unvanish export`: a trained trial as a Keras model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, Plugin, TrackingUri

RUN = "The run of an evaluation trial: the column run_id of trials.csv, or its first characters."


def export(
    run: Annotated[str, typer.Argument(help=RUN)],
    file: Annotated[Path, typer.Argument(metavar="FILE.keras", help="Where to write the model.")],
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    plugin: Plugin = None,
) -> None:
    """Write a trained trial as a Keras model that loads without this project, and say what its inputs and outputs are.

    Where Keras has no layer of the trained cell, its code is written beside the model. The outputs of the file are compared with those of the trial.
    """
    from unvanish.suite.export.trained_network import trained_network
    from unvanish.suite.silence_stderr import silence_stderr
    from unvanish.suite.tracking import default_uri, read_trained

    network = trained_network(*read_trained(tracking_uri or default_uri(output), run))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silence_stderr():
        from unvanish.suite.export.encoding import encoding, in_lines
        from unvanish.suite.export.example import example

        exported = network.save(file)
        answered = example(network)
    print(*[path for path in (exported.model, exported.code) if path], sep="\n")
    print(*in_lines(encoding(network.task, network.model)), sep="\n")
    print(f"checked loaded again, its outputs are those of the trial to {exported.difference:.1g} of the largest one")
    if answered:
        print(f"example {answered}")
    print(f"load    import keras{f', {exported.code.stem}' if exported.code else ''}")
    print(f'        network = keras.saving.load_model("{exported.model.name if exported.code else exported.model}")')
    if exported.code:
        print(f"        (in the folder {exported.code.parent.resolve()}, or with it on Python's path)")
