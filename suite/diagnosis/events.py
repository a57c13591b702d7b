"""What can happen to the gradient of a trial, each event dated by the curves and probes: the first of them is the cause.

An event says what happened, not that it is why a trial failed: trials that solve their task have events too. What each of
them predicts is measured by `unvanish validate`, and the thresholds were set on other tasks and seeds than those it is scored on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unvanish.suite.experiment.trial import Event, TrainedTrial
from unvanish.suite.models import MODELS

RATE_TOO_HIGH = 0.1  # of the weights' norm: what the median step of a block changes
SPIKE = 4.0  # times the gradient norm that was typical until then
VANISHED = 1e-3  # of the largest share of the gradient that reached the information's step before
WEAK = 1e-2  # share of the gradient that reaches the information's step, before training and ever since
DEAD_SHARE = 0.9  # of the units: too few are left to remember anything
SATURATED_SHARE = 0.5  # of the units: most of the gradient is gone after one step

EVENTS = {
    "no_state": "the model has no state, so no gradient goes back in time",
    "frozen": "input and recurrent weights are not trained, by intent",
    "truncated": "backpropagation ends before the information's step, so no gradient reaches it",
    "weak": f"before training, the gradient at the information's step is below {WEAK:g} of that at the end, and it stays there",
    "rate_too_high": f"the median step between two evaluations changed the weights by more than {RATE_TOO_HIGH:g} of their norm",
    "gradient_spike": f"after the first evaluation, a gradient norm more than {SPIKE:g} times what was typical until then, or one that is not finite",
    "dead": f"at least {DEAD_SHARE:.0%} of the ReLUs are zero at every step of every probe sequence, until the end",
    "saturated": f"at least {SATURATED_SHARE:.0%} of the units are nearly always where tanh has a slope below a tenth, until the end",
    "vanished": f"the gradient at the information's step, relative to that at the end, fell below {VANISHED:g} of what it had been, and stayed there",
}


def events(trained: TrainedTrial) -> tuple[Event, ...]:
    """All that happened to a trial, in the order of the steps; of one step, in the order of `EVENTS`."""
    condition = trained.trial.condition
    if MODELS[condition.model].memoryless:
        return (Event("no_state", 0, EVENTS["no_state"]),)
    if not condition.mitigations.trains_state:
        return (Event("frozen", 0, EVENTS["frozen"]),)
    found = [
        truncated(trained),
        weak(trained),
        rate_too_high(trained),
        gradient_spike(trained),
        units(trained, "dead"),
        units(trained, "saturated"),
        vanished(trained),
    ]
    return tuple(sorted((event for event in found if event), key=lambda event: event.step))


def truncated(trained: TrainedTrial) -> Event | None:
    """The window of truncated backpropagation is not longer than the way back to the information."""
    condition = trained.trial.condition
    reach, distance = condition.mitigations.max_backprop_steps(condition.task), condition.task.information_distance
    if reach is None or reach >= distance:
        return None
    return Event("truncated", 0, f"the gradient goes back {reach} steps, the information is {distance} steps back")


def weak(trained: TrainedTrial) -> Event | None:
    """Little of the gradient reached the information's step from the beginning, and at no probe more."""
    ratios, distance = reaching_information(trained)
    if not ratios.max() < WEAK or ratios[0] == 0:
        return None
    return Event("weak", 0, f"gradient {distance} steps back / at the end {ratios[0]:.1e} before training, at most {ratios.max():.1e} < {WEAK:g}")


def vanished(trained: TrainedTrial) -> Event | None:
    """The share of the gradient that reaches the information's step fell, and did not come back."""
    ratios, distance = reaching_information(trained)
    threshold = VANISHED * np.maximum.accumulate(ratios)
    gone = until_the_end((ratios < threshold) | (ratios == 0))
    if ratios[0] == 0 or not gone.any():
        return None
    step = first(trained.probes.step, gone)
    return Event("vanished", step, f"gradient {distance} steps back / at the end {ratios[~gone].max():.1e} before step {step}, {ratios[-1]:.1e} at the last")


def rate_too_high(trained: TrainedTrial) -> Event | None:
    """Steps so long that the network cannot keep what it has learned, whatever their direction; clipping shortens none below rate x threshold."""
    curve = trained.curve
    with np.errstate(invalid="ignore"):
        long = curve.update_ratio > RATE_TOO_HIGH
    if not long.any():
        return None
    step = min(first(curve.step, long), trained.diverged_at or curve.step[-1])
    return Event(
        "rate_too_high", int(step), f"the median step changed the weights by {curve.update_ratio[long][0]:.0%} of their norm, more than {RATE_TOO_HIGH:.0%}"
    )


def gradient_spike(trained: TrainedTrial) -> Event | None:
    """A gradient norm far above the median of those until then, in the curve's resolution; or a figure that is not finite.

    The first block is left out: it holds the fall from the initial weights, where the norm of a squared error is large in any
    trial. A trial that diverges within it has no norm that was typical before.
    """
    curve = trained.curve
    typical = np.array([np.nan, *(np.median(curve.gradient_norm_median[: block + 1]) for block in range(1, len(curve.step)))])
    with np.errstate(invalid="ignore"):
        spikes = curve.gradient_norm > SPIKE * typical
    if spikes.any():
        block = int(np.argmax(spikes))
        largest = int(np.nanargmax(np.where(spikes, curve.gradient_norm / typical, 0.0)))
        more = "" if largest == block else f", {curve.gradient_norm[largest]:.3g} at step {curve.step[largest]}"
        evidence = f"gradient norm {curve.gradient_norm[block]:.3g} at step {curve.step[block]}{more}, median {typical[block]:.2g}"
        return Event("gradient_spike", int(curve.step[block]), evidence)
    if trained.diverged_at is not None:
        return Event("gradient_spike", trained.diverged_at, f"loss, gradient or weights not finite at step {trained.diverged_at}")
    return None


def units(trained: TrainedTrial, word: str) -> Event | None:
    """Most units pass no gradient on, from some probe until the last."""
    threshold, what = {"dead": (DEAD_SHARE, "ReLUs always zero"), "saturated": (SATURATED_SHARE, "units nearly always where tanh is flat")}[word]
    shares = trained.probes.figure(f"{word}_share")
    ill = until_the_end(shares >= threshold)
    return Event(word, first(trained.probes.step, ill), f"{shares[-1]:.0%} of the {what}") if ill.any() else None


def reaching_information(trained: TrainedTrial) -> tuple[NDArray[np.float64], int]:
    """The gradient at the information's step relative to that at the end, [probe], and how many steps back that is.

    A probe whose gradients are not finite says nothing of how far they reach; it counts as reaching fully, so that it is
    never taken for a gradient that has vanished.
    """
    distance = trained.trial.condition.task.information_distance
    ratios = trained.probes.reaching(distance)
    return np.where(np.isfinite(ratios), ratios, 1.0), distance


def until_the_end(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where something holds and goes on holding until the last entry."""
    return np.logical_and.accumulate(holds[::-1])[::-1]


def first(steps: NDArray[np.int64], holds: ArrayLike) -> int:
    """The first step at which something holds that holds at one of them."""
    return int(steps[np.argmax(holds)])
