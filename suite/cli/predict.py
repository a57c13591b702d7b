"""`unvanish predict`: what a trained trial says about a log of your own."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Json, Output, Plugin, TrackingUri
from unvanish.suite.cli.terminal import console, print_json, print_table, styled

if TYPE_CHECKING:
    from unvanish.suite.export.trained_network import TrainedNetwork

WIDTH = 80


def predict(
    run: Annotated[
        str, typer.Argument(help="The run of an evaluation trial (column run_id of trials.csv, or its first characters), or a .keras file that export wrote.")
    ],
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="A log with the columns that the trial was trained on, the oldest row first.")],
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    as_json: Json = False,
    plugin: Plugin = None,
) -> None:
    """Predict the target of a log's last row, where it is empty, or of the next one."""
    from unvanish.suite.silence_stderr import silence_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silence_stderr():
        from unvanish.suite.export.predict import of_file, of_network
        from unvanish.suite.export.predict import predict as predict_log
    predictor = of_file(Path(run)) if run.endswith(".keras") else of_network(trained(run, tracking_uri, output))
    with silence_stderr():
        prediction = predict_log(predictor, log)
    if as_json:
        return print_json(asdict(prediction))
    terminal = console(WIDTH)
    answer = prediction.answer if isinstance(prediction.answer, str) else f"{prediction.answer:g}"
    terminal.print(styled(f"{prediction.target} at {prediction.where}: ", (answer, "bold")))
    if prediction.probabilities:
        print_table([prediction.target, "probability"], [[name, f"{probability:.3f}"] for name, probability in prediction.probabilities.items()], to=terminal)
    terminal.print(f"By {prediction.model}, trained on {prediction.task} at lag {prediction.lag}, from {prediction.rows} rows.")
    for note in prediction.notes:
        terminal.print(f"Note: {note}.")


def trained(run: str, tracking_uri: str | None, output: Path) -> TrainedNetwork:
    """Return the network of an evaluation trial."""
    from unvanish.suite.export.trained_network import trained_network
    from unvanish.suite.tracking import default_uri, read_trained

    return trained_network(*read_trained(tracking_uri or default_uri(output), run))
