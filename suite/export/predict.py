"""Predict with a trained network, or an exported model, from a log: the target of its last row, or of the row that comes next."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from unvanish.suite.export.encoding import ENCODING_FILE
from unvanish.suite.export.encoding import encoding as describe
from unvanish.suite.export.numpy_outputs import last_outputs
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.log_encoding import Column, LogEncoding
from unvanish.tasks.table_reader.column import RawColumn, named_cells
from unvanish.tasks.table_reader.log import Log, ordered, read_file
from unvanish.tasks.table_reader.rows import encode_cells, filled
from unvanish.tasks.table_reader.time import calendar_column, usual_step

MAX_STEPS = 1000  # that are predicted ahead


@dataclass(frozen=True)
class Prediction:
    """The prediction of a model for one row of a log.

    target         the column that is predicted
    where          the row it is predicted for, in words
    answer         the most probable class, or the value; of several networks by their mean
    probabilities  by class, the most probable first; none for a value
    rows           of the log that the model was shown
    notes          cells that it could not be shown as they are
    networks       that were asked, one an evaluation seed
    low, high      of the probability of the answer, or of the value: the lowest and the highest of the networks
    """

    task: str
    lag: int
    model: str
    target: str
    where: str
    answer: str | float
    probabilities: Mapping[str, float]
    rows: int
    notes: tuple[str, ...]
    networks: int = 1
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Predictor:
    """Networks that predict a task from inputs, one an evaluation seed.

    described  the meaning of their inputs and outputs, see `unvanish.suite.export.encoding`
    networks   each returns its outputs for one sequence, [1, time, input] -> [output]
    """

    described: Mapping[str, Any]
    networks: tuple[Callable[[NDArray[np.float32]], NDArray[np.float32]], ...]


def of_networks(networks: Sequence[TrainedNetwork]) -> Predictor:
    """Return trained networks of one task as a predictor."""
    return Predictor(describe(networks[0].task, networks[0].model), tuple(partial(outputs_of_network, network) for network in networks))


def outputs_of_network(network: TrainedNetwork, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the outputs of a trained network for one sequence, [1, time, input] -> [output]."""
    return last_outputs(network, inputs)[0]


def of_file(model_file: Path) -> Predictor:
    """Return a .keras file that `unvanish export` wrote as a predictor; raises `UsageError` for any other file."""
    described = read_encoding(model_file)

    def outputs(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        import keras

        try:
            model = keras.saving.load_model(model_file, safe_mode=True)
        except TypeError:  # its layer is not known
            code = model_file.with_suffix(".py").name
            raise UsageError(
                f"the model in {model_file} has a layer of its own, whose code is not run here; give its run, or import {code} in Python"
            ) from None
        found = np.asarray(model(inputs if "time" in described["inputs"]["shape"] else inputs[:, -1]))
        return found.reshape(-1, found.shape[-1])[-1]

    return Predictor(described, (outputs,))


def predict(predictor: Predictor, log: Path, steps: int = 1) -> list[Prediction]:
    """Ask for the target of a file with the columns that the predictor was trained on, and of the rows after it, up to `steps` in all.

    Of more than one step each network is shown its own predictions as the targets of the rows before.

    Raises `UsageError` for a task whose sequences are no log, for a log that it cannot read, and for several steps where the rows to come have other inputs
    than earlier targets and their time, which nobody knows.
    """
    described = predictor.described
    if "log" not in described:
        raise UsageError(f"the model is of the task {described['task']}, whose sequences are no log; choose a trial of exercise_schedule or table")
    encoding: LogEncoding = TypeAdapter(LogEncoding).validate_python(described["log"])
    check_steps(encoding, steps)
    found, notes = read_log(encoding, log)
    raw, row, where = with_asked_row(encoding, found, log, steps)
    if row + 1 < encoding.steps and not encoding.padded:
        raise UsageError(f"the log {log} has {row + 1} rows up to the one to predict, and the model reads {encoding.steps}; give a longer log")
    seen_from = max(row + 1 - encoding.steps - encoding.row_before, 0)
    columns = {column.name: column for column in (*encoding.current, *encoding.previous)}
    notes += [note for column in columns.values() for note in unknown_values(column, raw[column.name], log, seen_from)]
    seen = {column.name: range(seen_from, row + 1) for column in encoding.current}
    for column in (column for column in columns.values() if not column.values):
        refuse_missing_number(encoding, column, raw[column.name], found, log, seen.get(column.name, range(seen_from, row)))
    first = np.zeros(row + steps, np.int32)
    cells = {name: filled(encode_cells(column, raw[name]), first, encoding.reading) for name, column in columns.items()}
    outputs = np.stack([outputs_ahead(encoding, network, cells, row, steps) for network in predictor.networks])  # [network, step, output]
    places = [where, *(f"{ahead} row{'s' if ahead > 1 else ''} later" for ahead in range(1, steps))]
    about = (described["task"], described["lag"], described["model"], encoding.target.name)
    rows = min(row + 1, encoding.steps)
    return [
        Prediction(*about, place, answer, probabilities, rows, tuple(notes) if not step else (), len(outputs), low, high)
        for step, place in enumerate(places)
        for answer, probabilities, low, high in [answer_of(encoding.target, outputs[:, step])]
    ]


def check_steps(encoding: LogEncoding, steps: int) -> None:
    """Raise `UsageError` for a number of steps that the inputs do not allow."""
    if not 1 <= steps <= MAX_STEPS:
        raise UsageError(f"--steps is {steps}; give 1 to {MAX_STEPS:,}")
    unknown = [*unknown_inputs(encoding), *(column.name for column in encoding.previous if column.name != encoding.target.name)]
    if steps > 1 and unknown:
        raise UsageError(
            f"--steps is {steps}, and the model sees {', '.join(dict.fromkeys(unknown))} of rows that are not in the log yet; leave --steps out, or train on a "
            f"table whose only inputs are previous = [{shown(encoding.target.name)}] and a calendar"
        )


def unknown_inputs(encoding: LogEncoding) -> list[str]:
    """Return the inputs of a row itself that nobody knows before it is in the log: all but those of its time."""
    return [column.name for column in encoding.current if column.name not in encoding.reading.calendar]


def outputs_ahead(
    encoding: LogEncoding, network: Callable[[NDArray[np.float32]], NDArray[np.float32]], cells: Mapping[str, NDArray[Any]], row: int, steps: int
) -> NDArray[np.float32]:
    """Return the outputs of a network for a row and those after it, [step, output], each of which sees the answers before as if they had happened."""
    target, found = encoding.target, []
    for ahead in range(steps):
        outputs = network(encoding.last_sequence({name: known[: row + ahead + 1] for name, known in cells.items()}, row + ahead))
        found.append(outputs)
        if target.name in cells:
            cells[target.name][row + ahead] = outputs.argmax() if target.values else outputs[0]
    return np.stack(found)


def read_log(encoding: LogEncoding, log: Path) -> tuple[Log, list[str]]:
    """Return the rows of a log in their order, as in training: those of the sequence that its last row belongs to, where it has several."""
    reading = encoding.reading
    sequence = encoding.sequence
    numbers = [column.name for column in (*encoding.current, *encoding.previous) if not column.values]
    file = read_file(log, encoding.columns, sequence, reading)
    for name in numbers:
        refuse_no_number(file.columns[name], log, file.lines, file.row)
    found = ordered(file, encoding.columns, sequence, reading, numbers, keep_latest=True)
    if not sequence:
        return found, []
    column = found.columns[sequence]
    last = column.codes[found.latest]
    notes = [f"the answer is for {sequence} {shown(str(column.words[last]))}, that of the latest row; rows of others are left out"]
    return found.rows(np.flatnonzero(column.codes == last)), notes if len(column.words) > 1 else []


def read_encoding(model_file: Path) -> dict[str, Any]:
    """Return what a .keras file says of its inputs; raises `UsageError` where it says nothing."""
    try:
        with zipfile.ZipFile(model_file) as archive:
            return dict(json.loads(archive.read(ENCODING_FILE)))
    except (OSError, zipfile.BadZipFile, KeyError, json.JSONDecodeError):
        raise UsageError(f"{model_file} is no model that unvanish exported; give a run of an evaluation trial, or a file of unvanish export") from None


def with_asked_row(encoding: LogEncoding, found: Log, log: Path, steps: int) -> tuple[Mapping[str, RawColumn], int, str]:
    """The log up to the last of the rows to predict, the first of them, and which that is in words: the last row, or the next where its target is known.

    Cells of rows that are not in the log are empty, but for the calendar. Raises `UsageError` where one is needed whose other cells nobody knows.
    """
    raw, target = found.columns, found.columns[encoding.target.name]
    last = len(target.codes) - 1
    empty = bool(target.codes[last] < 0)
    if not empty and (unknown := unknown_inputs(encoding)):
        known = " and ".join(dict.fromkeys([*encoding.reading.time, *(name for name in unknown if name in encoding.columns)]))
        raise UsageError(
            f"{found.location(last)}, the last of the log {log}, has {target.name} filled in already; add a row for what is to be predicted, "
            f"with {known} and an empty {target.name}"
        )
    later = steps - empty
    longer = {name: replace(column, codes=np.append(column.codes, np.full(later, -1, np.int32))) for name, column in raw.items()}
    if encoding.reading.calendar and later:
        assert found.local is not None  # a calendar is made of it
        local = found.local.append(times_after(found.local, later, log))
        longer |= {part: calendar_column(part, local) for part in encoding.reading.calendar}
    if not empty:
        return longer, last + 1, f"the row after {found.location(last)} of {log}"
    cells = ", ".join(f"{column.name} {raw[column.name].word(last)}" for column in encoding.current if raw[column.name].codes[last] >= 0)
    return longer, last, f"{found.location(last)} of {log}" + (f" ({cells})" if cells else "")


def times_after(local: pd.DatetimeIndex, count: int, log: Path) -> pd.DatetimeIndex:
    """Return the times that follow others at their usual step; raise `UsageError` for a log of one row, which has none."""
    step = usual_step(local.asi8, local, np.arange(len(local)) == 0)
    if step is None or step.size <= 0:
        raise UsageError(f"the log {log} has no usual step between its times, so that the time of the next row is not known; add a row for it")
    moments = local[-1:].to_numpy().astype("datetime64[us]")
    ahead = np.arange(1, count + 1) * int(step.size)
    if not step.months:
        return pd.DatetimeIndex(moments + ahead * np.timedelta64(1, "us"))
    return pd.DatetimeIndex([local[-1] + pd.DateOffset(months=int(months)) for months in ahead])


def unknown_values(column: Column, raw: RawColumn, log: Path, seen_from: int) -> list[str]:
    """A sentence for each value that the model has not been trained on; it is shown nothing instead, as in training."""
    if not column.values:
        return []
    codes = dict.fromkeys(int(code) for code in raw.codes[seen_from:] if code >= 0)
    return [
        f"{column.name} {shown(str(raw.words[code]))} is left out, since the model was not trained on it; it knows {', '.join(column.values)}"
        for code in codes
        if str(raw.words[code]) not in column.values
    ]


def refuse_no_number(raw: RawColumn, log: Path, lines: NDArray[np.int32], row: str) -> None:
    """Raise `UsageError` where a cell of a column of numbers is none."""
    if len(raw.odd_words):
        raise UsageError(f"the log {log} has {named_cells(raw, raw.odd_words, lines, row)} as {raw.name}, which is no number; correct it")


def refuse_missing_number(encoding: LogEncoding, column: Column, raw: RawColumn, found: Log, log: Path, rows: range) -> None:
    """Raise `UsageError` where a number that the model is shown is empty, and it was not trained with filled ones."""
    values = raw.values_by_row
    empty = [row for row in rows if np.isnan(values[row])]
    if empty and encoding.reading.fill not in ("last", "mean"):
        raise UsageError(f"{found.location(empty[0])} of the log {log} has no number in the column {column.name}; fill it in")


def answer_of(target: Column, outputs: NDArray[np.float32]) -> tuple[str | float, dict[str, float], float, float]:
    """The answer of networks with outputs [network, output]: the mean value; or the class that is most probable in the mean, and the probability of each.

    Also the lowest and the highest of the networks: of the value, or of the probability of that class.
    """
    if not target.values:
        values = outputs[:, 0].astype(np.float64) * target.scale + target.mean
        return float(values.mean()), {}, float(values.min()), float(values.max())
    from scipy.special import softmax

    by_network = softmax(outputs.astype(np.float64), axis=-1)
    probabilities = by_network.mean(axis=0)
    order = np.argsort(-probabilities, kind="stable")
    by_class = {target.values[place]: float(probabilities[place]) for place in order}
    return next(iter(by_class)), by_class, float(by_network[:, order[0]].min()), float(by_network[:, order[0]].max())
