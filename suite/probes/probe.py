"""What a probe is: a figure of what happens inside a network, measured on a fixed batch of sequences before, while and after it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.models import Model

if TYPE_CHECKING:
    import tensorflow as tf

    from unvanish.suite.probes.measurement.context import Seen

Weights = Mapping[str, NDArray[np.float32]]  # [trial, ...] each


class Series(NamedTuple):
    """What one of a probe's figures means, and its unit."""

    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Probe:
    """One probe; it has one of the two functions, and measures nothing of a model that it does not apply to.

    series      its figures by name; those in `unvanish.suite.experiment.trial.GRADIENTS` are columns of gradients.parquet, any other is rows of probes.parquet
    measure     inside the compiled program: figures [E], or [T, E] with one for every time step, by name
    of_weights  on the host, from weights [E, ...]: figures [E] by name
    """

    name: str
    position: int
    series: Mapping[str, Series]
    measure: Callable[[Seen], Mapping[str, tf.Tensor]] | None = None
    of_weights: Callable[[Model, Weights], Mapping[str, NDArray[Any]]] | None = None
