"""The rows of one training in the tables of curves, probes and gradients, as arrays by column: what diagnosis rules judge.

A trial has them before they are stored and after they are read back; a user's Keras model has them with the further column `layer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.experiment.trial import GRADIENTS as GRADIENT_NORMS
from unvanish.suite.experiment.trial import Curve, Probes, TrainedTrial
from unvanish.suite.tables.schema import CURVES, GRADIENTS, KEY, PROBES, Table

Array = NDArray[np.float64]
Rows = Mapping[str, NDArray[Any]]  # an array a column, all of one length


class Series(NamedTuple):
    """A figure at each step at which it was measured, in their order."""

    step: NDArray[np.int64]
    value: Array


@dataclass(frozen=True, eq=False)
class Measurements:
    """All that was measured of one training; rows are in the order of the steps, those of gradients then in that of steps_back."""

    curves: Rows
    probes: Rows
    gradients: Rows

    def curve(self, column: str) -> Series:
        """A column of the curves, where it is not missing."""
        known = ~np.isnan(self.curves[column])
        return Series(self.curves["step"][known], self.curves[column][known])

    def probe(self, name: str, layer: str = "") -> Series:
        """A figure of the probes, of the whole model or of one layer; empty where it was not measured."""
        rows = self.probes
        chosen = (rows["probe"] == name) & np.isnan(rows["steps_back"])
        if "layer" in rows:
            chosen &= rows["layer"] == layer
        return Series(rows["step"][chosen], rows["value"][chosen])

    def layers(self, probe: str) -> list[str]:
        """The layers of which a figure was measured, in the order of the model's calls."""
        return [name for name in dict.fromkeys(self.probes["layer"][self.probes["probe"] == probe]) if name]

    def through_time(self, column: str, layer: str) -> dict[int, Array]:
        """The norms of the gradient in a layer of a Keras model by training step, [step back], from the end of the sequence; empty without any."""
        rows = self.gradients["layer"] == layer
        steps, norms = self.gradients["step"][rows], self.gradients[column][rows]
        return {int(step): norms[steps == step] for step in dict.fromkeys(steps)}

    def reaching(self, distance: int) -> Series:
        """The gradient with respect to the whole state so many steps back, relative to that at the end, from the last step's loss.

        With respect to the input where the states are not known. Not a number at a probe where both are infinite.
        """
        rows = self.gradients
        measured = [name for name in GRADIENT_NORMS if not name.startswith("total_") and not np.isnan(rows[name]).all()]
        states = [name for name in measured if name != "input_norm"] or measured
        norm = np.sqrt(np.sum([np.square(rows[name]) for name in states], axis=0))
        far, end = rows["steps_back"] == distance, rows["steps_back"] == 0
        with np.errstate(invalid="ignore"):
            return Series(rows["step"][end], norm[far] / np.maximum(norm[end], np.finfo(float).tiny))


def measurements_of(trained: TrainedTrial) -> Measurements:
    """The rows of a trial that has just been trained."""
    return Measurements(curve_rows(trained.curve), probe_rows(trained.probes), gradient_rows(trained.probes))


def by_trial(curves: pd.DataFrame, probes: pd.DataFrame, gradients: pd.DataFrame) -> dict[tuple[Any, ...], Measurements]:
    """The rows of every trial in the tables of a benchmark, by the key of the trial, `KEY`."""
    tables = [rows_by_key(frame, table) for frame, table in ((curves, CURVES), (probes, PROBES), (gradients, GRADIENTS))]
    return {key: Measurements(*(of_trial.get(key, nothing) for of_trial, nothing in tables)) for key in tables[0][0]}


def rows_by_key(frame: pd.DataFrame, table: Table) -> tuple[dict[Any, Rows], Rows]:
    """Return by the key of the trial its rows, and what a trial without rows has."""
    kinds = {name: column.dtype for name, column in table.items() if name not in KEY}
    arrays = {name: frame[name].to_numpy(float, na_value=np.nan) if kind == "Int64" else frame[name].to_numpy() for name, kind in kinds.items()}
    places = frame.groupby(KEY, sort=False).indices
    return {key: {name: array[rows] for name, array in arrays.items()} for key, rows in places.items()}, {name: array[:0] for name, array in arrays.items()}


def curve_rows(curve: Curve) -> Rows:
    """A row an evaluation; the columns of `CURVES` but for the key."""
    return {name: getattr(curve, "metric" if name == "metric_value" else name) for name in CURVES if name not in KEY}


def probe_rows(probes: Probes) -> Rows:
    """A row a probe step and figure, then a row a probe step, figure and step back; but for those that are columns of `GRADIENTS`."""
    parts = [(name, probes.step, np.full(len(probes.step), np.nan), values) for name, values in probes.figures.items()]
    parts += [(name, *time_axes(probes, name), values.ravel()) for name, values in probes.by_step.items() if name not in GRADIENT_NORMS]
    columns = zip(*([np.full(len(step), name, object), step, back, value] for name, step, back, value in parts), strict=True)
    joined = [np.concatenate(column) for column in columns] or [np.array([], kind) for kind in (object, np.int64, float, float)]
    return dict(zip(("probe", "step", "steps_back", "value"), joined, strict=True))


def gradient_rows(probes: Probes) -> Rows:
    """A row a probe step and step back; norms that a model does not have are missing."""
    norms = {name: values.ravel() for name, values in probes.gradients.items()}
    if not norms:
        return {name: np.array([], column.dtype) for name, column in GRADIENTS.items() if name not in KEY}
    step, back = time_axes(probes, next(iter(norms)))
    return {"step": step, "steps_back": back, **{name: norms.get(name, np.full(len(step), np.nan)) for name in GRADIENT_NORMS}}


def time_axes(probes: Probes, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each value of a figure by time step the step of training and the steps back from the end of the sequence."""
    count, length = probes.by_step[name].shape
    return np.repeat(probes.step, length), np.tile(np.arange(length), count)
