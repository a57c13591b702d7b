"""Networks of a few trials for tests, each with a mitigation of its own."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from unvanish.suite.experiment.plan import Budget
from unvanish.suite.mitigations import find, in_order
from unvanish.suite.models import MODELS, Model, Sizes
from unvanish.suite.probes.measurement.program import Probing
from unvanish.suite.training.cohort import network_for, shared_set
from unvanish.suite.training.places import Places
from unvanish.suite.training.settings import Settings, as_settings
from unvanish.tasks import Task


def budget(hidden: int) -> Budget:
    """Of a network of that size; what else it says plays no part."""
    return Budget(hidden, 8, 8, 8, 8, 8, 8, (1,), (2,))


def sizes(task: Task, hidden: int) -> Sizes:
    return Sizes(task.input_size, hidden, task.output_size, task.length)


def places_and_settings(names: Sequence[str], rate: float = 0.1, sequence: Sequence[int] | None = None) -> tuple[Places, Settings]:
    """For as many trials as names, each with the mitigation of that name."""
    combinations = [find(name) for name in names]
    places = Places(in_order(combinations))
    seen = sequence if sequence is not None else [0] * len(names)
    return places, as_settings(combinations, places.mitigations, [rate] * len(names), list(range(len(names))), seen)


def stacked(trials: Sequence[dict[str, np.ndarray]]) -> dict[str, tf.Tensor]:
    """The weights of trials with the trial axis."""
    return {name: tf.constant(np.stack([trial[name] for trial in trials])) for name in trials[0]}


def network(task: Task, model: Model, hidden: int, names: Sequence[str], sequence: Sequence[int] | None = None):
    """A network of trials with these mitigations, and their settings."""
    places, settings = places_and_settings(names, sequence=sequence)
    return network_for(task, model, budget(hidden), places), settings


def probed(task: Task, model: str, weights: dict[str, tf.Tensor], names: Sequence[str], batch: int) -> dict[str, np.ndarray]:
    """What the probes measure of trials with these weights, [E, ...], and mitigations: [E] or [steps back, E] by name."""
    hidden = weights["output_kernel"].shape[1]
    made, settings = network(task, MODELS[model], hidden, names)
    return Probing(task, MODELS[model], made).measure(weights, {}, settings, *shared_set(task, "probe", batch))
