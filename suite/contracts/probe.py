"""The contract of a probe: it measures what it declares, of each trial alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from unvanish.suite.contracts.attributes import check_name
from unvanish.suite.contracts.check import Check, DoesNotHold, require
from unvanish.suite.contracts.model import NONE, ROUNDING, TASK, differ
from unvanish.suite.models import MODELS
from unvanish.suite.probes import PROBES, Probe, Series

if TYPE_CHECKING:
    from unvanish.suite.contracts.networks import Networks

KINDS = ("rnn", "lstm", "feedforward", "tcn")
SEEDS, OTHER_SEEDS = (1, 2, 3), (4, 2, 5)  # of the trials, of which those in the middle are the same


def attributes(probe: Probe) -> str:
    """Check that its attributes are of the right types, and its names its own."""
    require(isinstance(probe.name, str) and probe.name, f"the name is {probe.name!r}; it must be text")
    described = isinstance(probe.series, dict) and all(isinstance(name, str) and isinstance(series, Series) for name, series in probe.series.items())
    require(probe.series and described, "series must give each figure a Series with its meaning, by name")
    functions = [function for function in (probe.measure, probe.measure_weights) if function is not None]
    require(len(functions) == 1 and callable(functions[0]), "it must have one of the functions measure and measure_weights")
    for name in probe.series:
        check_name(name)  # it is part of the name of a metric
    for other in PROBES:
        shared = sorted(set(other.series) & set(probe.series)) if other is not probe else []
        require(not shared, f"the probe {other.name} has a figure {shared[0] if shared else ''!r} too; give it another name")
    return f"measures {', '.join(probe.series)}"


def figures(probe: Probe) -> str:
    """Check names, shapes and types of its figures on a network of each kind."""
    measured = {}
    for kind in KINDS:
        found = measure(probe, kind, SEEDS)
        unknown = sorted(set(found) - set(probe.series))
        require(not unknown, f"on {kind} it returns {', '.join(unknown)}, which series does not name; add what it means")
        for name, figure in found.items():
            shape = getattr(figure, "shape", None)
            fits = shape in ((len(SEEDS),), (TASK.length, len(SEEDS))) and np.issubdtype(figure.dtype, np.floating)
            seen = f"{getattr(figure, 'dtype', type(figure).__name__)} of shape {shape}"
            require(
                fits,
                f"on {kind} {name} is {seen}; it must be a float of shape [trial] or [time step, trial], here [{len(SEEDS)}] or [{TASK.length}, {len(SEEDS)}]",
            )
        if found:
            measured[kind] = found
    if not measured:
        raise DoesNotHold(f"it returns no figure of any of {', '.join(KINDS)}; return one where there is something to measure")
    return f"returns {', '.join(dict.fromkeys(name for found in measured.values() for name in found))} of {', '.join(measured)}"


def independence(probe: Probe) -> str:
    """Check that the figures of a trial do not depend on the trials beside it."""
    for kind in KINDS:
        first, second = measure(probe, kind, SEEDS), measure(probe, kind, OTHER_SEEDS)
        for name in first:
            own, beside_others = first[name][..., 1], second[name][..., 1]
            same = np.array_equal(np.isnan(own), np.isnan(beside_others)) and not differ(np.nan_to_num(own), np.nan_to_num(beside_others), ROUNDING)
            require(same, f"on {kind} {name} of a trial depends on the trials beside it; no operation may mix trials")
    return "the figures of a trial do not depend on those beside it"


def compiled(probe: Probe) -> str:
    """Check that it can be compiled, on the first kind of network that it measures."""
    import tensorflow as tf

    kind = next(kind for kind in KINDS if measure(probe, kind, SEEDS))
    if probe.measure is None:
        return f"measures weights of {kind}, outside compiled programs"
    tf.function(lambda: figures_in_program(probe, networks_of(kind, SEEDS)), jit_compile=True, autograph=False)()
    return f"compiles on {kind}"


def measure(probe: Probe, kind: str, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Return the figures of untrained networks of a model from these seeds."""
    made = networks_of(kind, seeds)
    if probe.measure_weights is not None:
        return dict(probe.measure_weights(made.model, {name: weight.numpy() for name, weight in made.weights.items()}))
    return {name: figure.numpy() if hasattr(figure, "numpy") else figure for name, figure in figures_in_program(probe, made).items()}


def figures_in_program(probe: Probe, made: Networks) -> dict[str, Any]:
    """Call `measure` of a probe."""
    import tensorflow as tf

    from unvanish.suite.contracts.networks import training_batch
    from unvanish.suite.probes.measurement.context import ProbeContext

    assert probe.measure is not None
    inputs, targets = training_batch(TASK, made.model, (1,))
    context = ProbeContext(made.shape, made.programs.network, made.weights, made.non_trainable, made.settings, inputs, targets, tf.constant(inputs.shape[0]))
    return dict(probe.measure(context))


def networks_of(kind: str, seeds: tuple[int, ...]) -> Networks:
    """Return networks of a model from these seeds."""
    from unvanish.suite.contracts.networks import small_networks

    return small_networks(TASK, MODELS[kind], NONE, seeds)


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("figures", figures, stage="run", essential=True),
    Check("independence of trials", independence, stage="run"),
    Check("compiles", compiled, stage="check"),
)
