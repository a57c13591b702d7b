"""The definition of a probe: figures measured inside a network on a fixed batch of sequences, before, during and after training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.models import Model

if TYPE_CHECKING:
    import tensorflow as tf

    from unvanish.suite.probes.measurement.context import ProbeContext

Weights = Mapping[str, NDArray[np.float32]]  # [trial, ...] each


class Series(NamedTuple):
    """The meaning of one of a probe's figures, and its unit."""

    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Probe:
    """One probe; it has one of the two functions, which returns no figures for a model that it does not apply to.

    series           its figures by name; those in `unvanish.suite.experiment.trial.GRADIENTS` are columns of gradients.parquet, others are rows of
                     probes.parquet
    measure          a function called inside the compiled program: returns figures [E], or [T, E] with one for every time step, by name
    measure_weights  a function called on the host with the model and weights [E, ...]: returns figures [E] by name
    version          of a plug-in's probe, raised by hand when its figures change; without one it is identified by its file. The probes that ship
                     have the version of the engine, `unvanish.suite.experiment.versions.ENGINE_VERSION`
    """

    name: str
    position: int
    series: Mapping[str, Series]
    measure: Callable[[ProbeContext], Mapping[str, tf.Tensor]] | None = None
    measure_weights: Callable[[Model, Weights], Mapping[str, NDArray[Any]]] | None = None
    version: int | None = None
