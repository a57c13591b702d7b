"""Trained trials of one cohort as arrays, stacked over the trials, and back: all but the trials themselves, which a plan and its searches give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.experiment.trial import Curve, Probes, TrainedTrial, Trial

NUMBERS: dict[str, type] = {"loss": float, "metric": float, "max_gradient_norm": float, "clipped_share": float, "parameters": int, "seconds": float}


def to_arrays(trained: Sequence[TrainedTrial]) -> dict[str, NDArray[Any]]:
    """Return what was measured of trials that have equal shapes, [trial, ...] each, by names such as `loss`, `curve.loss` and `weights.kernel`."""
    arrays = {name: np.array([getattr(each, name) for each in trained]) for name in NUMBERS}
    arrays["diverged_at"] = np.array([each.diverged_at or 0 for each in trained])
    arrays |= {f"curve.{field.name}": np.stack([getattr(each.curve, field.name) for each in trained]) for field in fields(Curve)}
    arrays["probes.step"] = np.stack([each.probes.step for each in trained])
    arrays |= {f"figures.{name}": np.stack([each.probes.figures[name] for each in trained]) for name in trained[0].probes.figures}
    arrays |= {f"by_step.{name}": np.stack([each.probes.by_step[name] for each in trained]) for name in trained[0].probes.by_step}
    return arrays | {f"weights.{name}": np.stack([each.weights[name] for each in trained]) for name in trained[0].weights}


def from_arrays(trials: Sequence[Trial], arrays: Mapping[str, NDArray[Any]]) -> list[TrainedTrial]:
    """Return these trials with what `to_arrays` returned of them; raises `ValueError` and `KeyError` where it cannot be of so many trials."""
    if {len(array) for array in arrays.values()} != {len(trials)}:
        raise ValueError(f"the arrays are not of {len(trials)} trials")
    return [
        TrainedTrial(
            trial=trial,
            **{name: kind(arrays[name][index]) for name, kind in NUMBERS.items()},
            diverged_at=int(arrays["diverged_at"][index]) or None,
            curve=Curve(**dict(part("curve", arrays, index))),
            probes=Probes(arrays["probes.step"][index].copy(), figures=dict(part("figures", arrays, index)), by_step=dict(part("by_step", arrays, index))),
            weights=dict(part("weights", arrays, index)),
        )
        for index, trial in enumerate(trials)
    ]


def part(prefix: str, arrays: Mapping[str, NDArray[Any]], index: int) -> Iterable[tuple[str, NDArray[Any]]]:
    """Yield the arrays of one trial whose names begin with a word, by the rest of the name."""
    for name, array in arrays.items():
        if name.startswith(f"{prefix}."):
            yield name.removeprefix(f"{prefix}."), array[index].copy()
