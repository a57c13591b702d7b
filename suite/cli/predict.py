"""`unvanish predict`: what trained networks say about a log of your own."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Json, Output, Plugin, TrackingUri
from unvanish.suite.cli.terminal import console, print_json, print_table, styled

if TYPE_CHECKING:
    from unvanish.suite.export.predict import Prediction, Predictor

WIDTH = 80


def predict(
    run_or_log: Annotated[
        str,
        typer.Argument(
            metavar="[RUN] LOG.csv",
            help="A log with the columns that the networks were trained on. The best networks of the benchmark answer, or those of RUN before it: "
            "an evaluation trial (column run_id of trials.csv, or its first characters), or a .keras file that export wrote.",
        ),
    ],
    log: Annotated[Path | None, typer.Argument(metavar="", hidden=True)] = None,
    output: Output = DEFAULT_OUTPUT,
    task: Annotated[str | None, typer.Option(help="The task, where the benchmark has several of recorded data.")] = None,
    steps: Annotated[int, typer.Option(help="Predict so many rows, one after the other, where a network sees nothing but earlier targets.")] = 1,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Also write the predictions to a CSV file.")] = None,
    tracking_uri: TrackingUri = None,
    as_json: Json = False,
    plugin: Plugin = None,
) -> None:
    """Predict the target of a log's last row, where it is empty, or of the next one."""
    from unvanish.suite.silence_stderr import silence_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run, path = (None, Path(run_or_log)) if log is None else (run_or_log, log)
    with silence_stderr():
        from unvanish.suite.export.predict import predict as predict_log
    predictor = predictor_of(run, output, task, tracking_uri)
    with silence_stderr():
        predictions = predict_log(predictor, path, steps)
    if csv_file:
        write_csv(predictions, csv_file)
    if as_json:
        return print_json(asdict(predictions[0]) if steps == 1 else [asdict(prediction) for prediction in predictions])
    print_predictions(predictions)


def predictor_of(run: str | None, output: Path, task: str | None, tracking_uri: str | None) -> Predictor:
    """Return the networks that are asked: the best ones of the folder, that of a run, or that of a .keras file."""
    from unvanish.suite.export.networks_file import NETWORKS_FILE, read_networks, stores_run
    from unvanish.suite.export.predict import of_file, of_networks

    if run is None:
        return of_networks(read_networks(output / NETWORKS_FILE, task))
    if run.endswith(".keras"):
        return of_file(Path(run))
    if tracking_uri is None and stores_run(output / NETWORKS_FILE, run):  # which takes a second, and the store several
        return of_networks(read_networks(output / NETWORKS_FILE, run=run))
    from unvanish.suite.export.trained_network import trained_network
    from unvanish.suite.tracking import default_uri, read_trained

    return of_networks([trained_network(*read_trained(tracking_uri or default_uri(output), run))])


def print_predictions(predictions: Sequence[Prediction]) -> None:
    """Print the answers, with their probabilities where one row is asked for, and what they are by."""
    terminal = console(WIDTH)
    first = predictions[0]
    several = first.networks > 1
    if len(predictions) == 1:
        between = f" ({first.low:.4g} to {first.high:.4g} by the {first.networks} networks)" if several and not first.probabilities else ""
        terminal.print(styled(f"{first.target} at {first.where}: ", (word(first), "bold"), between))
        if first.probabilities:
            rows = [[name, f"{probability:.3f}"] for name, probability in first.probabilities.items()]
            rows[0][1] += f" ({first.low:.3f} to {first.high:.3f})" * several
            print_table([first.target, "probability"], rows, to=terminal)
    else:
        terminal.print(f"{first.target} at {first.where} and after it:")
        measured = ["probability"] if first.probabilities else []
        ranges = ["lowest", "highest"] if several else []
        rows = [[str(number), word(each), *figures(each, several)] for number, each in enumerate(predictions, 1)]
        print_table(["row", first.target, *measured, *ranges], rows, to=terminal)
    by = f"{first.networks} networks ({first.model})" if several else first.model
    seeds = "; ranges are over the networks, which differ in their seed alone, and say nothing of chance in the data" if several else ""
    terminal.print(f"By {by}, trained on {first.task} at lag {first.lag}, from {first.rows} rows{seeds}.")
    for note in first.notes:
        terminal.print(f"Note: {note}.")


def word(prediction: Prediction) -> str:
    """Return an answer in words."""
    return prediction.answer if isinstance(prediction.answer, str) else f"{prediction.answer:g}"


def figures(prediction: Prediction, several: bool) -> list[str]:
    """Return the probability of an answer, where it has one, and its range over the networks."""
    probability = [f"{next(iter(prediction.probabilities.values())):.3f}"] if prediction.probabilities else []
    return probability + ([f"{prediction.low:.4g}", f"{prediction.high:.4g}"] if several else [])


def write_csv(predictions: Sequence[Prediction], path: Path) -> None:
    """Write a row a prediction: which row it is of, the answer, its range over the networks, and the probability of each class."""
    from unvanish.tasks.errors import UsageError

    classes = list(predictions[0].probabilities)
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "where", predictions[0].target, "low", "high", *(f"probability of {name}" for name in classes)])
            for number, each in enumerate(predictions, 1):
                writer.writerow([number, each.where, each.answer, each.low, each.high, *(each.probabilities[name] for name in classes)])
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); give another file as --csv") from None
