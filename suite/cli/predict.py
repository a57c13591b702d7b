"""`unvanish predict`: what a trained trial says about a log of your own."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Json, Output, Plugin, TrackingUri
from unvanish.suite.cli.terminal import console, print_json, print_table

WIDTH = 80


def predict(
    run: Annotated[str, typer.Argument(help="The run of an evaluation trial (column run_id of trials.csv), or a .keras file that export wrote.")],
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="A log with the columns that the trial was trained on, the oldest row first.")],
    output: Output = DEFAULT_OUTPUT,
    tracking_uri: TrackingUri = None,
    as_json: Json = False,
    plugin: Plugin = None,
) -> None:
    """Predict the target of a log's last row, where it is empty, or of the next one."""
    from unvanish.suite.silence_stderr import silence_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(run) if run.endswith(".keras") else exported(run, Path(folder), tracking_uri, output)
        with silence_stderr():
            from unvanish.suite.export.predict import predict as predict_log

            prediction = predict_log(file, log)
    if as_json:
        return print_json(asdict(prediction))
    terminal = console(WIDTH)
    answer = prediction.answer if isinstance(prediction.answer, str) else f"{prediction.answer:g}"
    terminal.print(f"{prediction.target} at {prediction.where}: [bold]{answer}[/bold]")
    if prediction.probabilities:
        print_table([prediction.target, "probability"], [[name, f"{probability:.3f}"] for name, probability in prediction.probabilities.items()], to=terminal)
    terminal.print(f"By {prediction.model}, trained on {prediction.task} at lag {prediction.lag}, from {prediction.rows} rows.")
    for note in prediction.notes:
        terminal.print(f"Note: {note}.", markup=False)


def exported(run: str, folder: Path, tracking_uri: str | None, output: Path) -> Path:
    """Write the file that `unvanish export` would write."""
    from unvanish.suite.silence_stderr import silence_stderr
    from unvanish.suite.tracking import default_uri, read_trained

    trained = read_trained(tracking_uri or default_uri(output), run)
    with silence_stderr():
        from unvanish.suite.export.to_keras import export

        export(*trained, folder / "model.keras")
    return folder / "model.keras"
