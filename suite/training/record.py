"""What was recorded while the trials of a wave trained side by side, and the trained trials that it holds."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import Budget
from unvanish.suite.experiment.trial import Curve, Probes, TrainedTrial, Trial
from unvanish.suite.models import Weights
from unvanish.suite.training.programs import BlockMetrics
from unvanish.tasks import Task

ProbeValues = dict[str, NDArray[np.floating]]  # [trial], or [steps back, trial], by name


class Evaluation(NamedTuple):
    """Loss and metric on a set of sequences."""

    loss: NDArray[np.floating]  # [trial]
    metric: NDArray[np.floating]  # [trial]


@dataclass(frozen=True)
class WaveRecord:
    """The record of some trials as NumPy arrays, which are filled block by block.

    Nothing is measured of a trial after the block in which it diverged: its steps and evaluations from then on have no meaning, and its probes
    are those of its last finite weights.
    """

    budget: Budget
    probe_at: Sequence[int]
    steps: BlockMetrics  # [step, trial]
    validation: Evaluation  # [evaluation, trial]
    test: Evaluation  # [trial]; NaN for those that are not evaluated on the test set
    probes: dict[str, NDArray[np.float64]]  # [probe, trial], or [probe, steps back, trial], by name
    seconds: NDArray[np.float64]  # [trial], as its share of what was done for several at once

    @classmethod
    def allocate(cls, budget: Budget, probe_at: Sequence[int], trials: int) -> WaveRecord:
        """Allocate the record of `trials` trials."""
        evaluations = budget.steps // budget.evaluate_every
        of_step = {"gradient_changed": bool}
        return cls(
            budget=budget,
            probe_at=probe_at,
            steps=BlockMetrics(*(np.zeros([budget.steps, trials], of_step.get(name, np.float32)) for name in BlockMetrics._fields)),
            validation=Evaluation(*(np.full([evaluations, trials], np.nan, np.float32) for _ in Evaluation._fields)),
            test=Evaluation(*(np.full(trials, np.nan) for _ in Evaluation._fields)),
            probes={},
            seconds=np.zeros(trials),
        )

    def add_block(self, block: int, places: Sequence[int], metrics: BlockMetrics, validation: Evaluation) -> None:
        """Add what a program returned of a block, [step, slot] and [slot]; its first slots are the trials at these places."""
        steps = slice(block * self.budget.evaluate_every, (block + 1) * self.budget.evaluate_every)
        for recorded, values in zip(self.steps, metrics, strict=True):
            recorded[steps, places] = values[:, : len(places)]
        for recorded, values in zip(self.validation, validation, strict=True):
            recorded[block, places] = values[: len(places)]

    def add_probes(self, step: int, places: Sequence[int], values: ProbeValues) -> None:
        """Add what was measured after a step, [slot] or [steps back, slot] by name; its first slots are the trials at these places.

        Trials that are not measured any more keep what was measured last.
        """
        index = list(self.probe_at).index(step)
        for name, measured in values.items():
            if name not in self.probes:
                self.probes[name] = np.full([len(self.probe_at), *measured.shape[:-1], len(self.seconds)], np.nan)
            self.probes[name][index:, ..., places] = measured[..., : len(places)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the record by name."""
        steps = {f"steps.{name}": values for name, values in self.steps._asdict().items()}
        validation = {f"validation.{name}": values for name, values in self.validation._asdict().items()}
        test = {f"test.{name}": values for name, values in self.test._asdict().items()}
        return steps | validation | test | {"seconds": self.seconds} | {f"probes.{name}": values for name, values in self.probes.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned of another record of as many trials; raises `ValueError` where it is of others."""
        own = self.arrays()
        for name, values in arrays.items():
            probe = name.removeprefix("probes.")
            if name in own:
                continue
            if probe == name or values.dtype != np.float64 or values.shape[:1] != (len(self.probe_at),) or values.shape[-1:] != self.seconds.shape:
                raise ValueError(f"{name} is not of such trials")
            self.probes[probe] = values.copy()  # which figures the probes give is known only once they have been measured
        for name, values in own.items():
            copy_equal(arrays.get(name), values)

    def trained_trial(self, trial: Trial, index: int, task: Task, parameters: int, diverged_at: int | None, weights: Weights) -> TrainedTrial:
        """Return one trial of the record; weights [...] each."""
        finite_steps = slice(0, self.budget.steps if diverged_at is None else diverged_at - 1)
        norms, changed = self.steps.gradient_norm[finite_steps, index], self.steps.gradient_changed[finite_steps, index]
        loss, metric = (values[index] for values in self.test) if trial.phase == "evaluate" else (values[-1, index] for values in self.validation)
        probed = {name: values[..., index].copy() for name, values in self.probes.items()}
        return TrainedTrial(
            trial=trial,
            loss=float(loss) if diverged_at is None else np.nan,
            metric=float(metric) if diverged_at is None else np.nan,
            diverged_at=diverged_at,
            max_gradient_norm=float(norms.max(initial=0)),
            clipped_share=float(changed.mean()) if changed.size else 0.0,
            parameters=parameters,
            seconds=float(self.seconds[index]),
            curve=self.curve(index, task, diverged_at or inf),
            probes=Probes(
                step=np.array(self.probe_at),
                figures={name: values for name, values in probed.items() if values.ndim == 1},
                by_step={name: values for name, values in probed.items() if values.ndim == 2},
            ),
            weights=weights,
        )

    def curve(self, index: int, task: Task, diverged_at: float) -> Curve:
        """Return the learning curve of one trial; `diverged_at` is infinite where it did not diverge."""
        every, last = self.budget.evaluate_every, self.budget.steps
        steps = np.arange(every, last + 1, every)
        finite = steps < diverged_at
        loss, metric = (np.where(finite, values[:, index], np.nan).astype(np.float64) for values in self.validation)
        by_block = (last // every, every)
        # the block in which a trial diverged keeps the steps before that, which show how it diverged
        before_divergence = (np.arange(1, last + 1) < diverged_at).reshape(by_block)

        def finite_values(recorded: NDArray[Any]) -> NDArray[np.float64]:
            return np.where(before_divergence, recorded[:, index].astype(np.float64).reshape(by_block), np.nan)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a block without such a step is NaN, as is meant
            gradient_norms = finite_values(self.steps.gradient_norm)
            gradient_norm, gradient_norm_median = np.nanmax(gradient_norms, axis=1), np.nanmedian(gradient_norms, axis=1)
            update_ratio = np.nanmedian(finite_values(self.steps.update_ratio), axis=1)
        return Curve(
            step=steps,
            loss=loss,
            metric=metric,
            score=np.array([task.score(*values) for values in zip(loss, metric, strict=True)]),
            training_loss=np.where(finite, self.steps.loss[:, index].reshape(by_block).mean(axis=1, dtype=np.float64), np.nan),
            gradient_norm=gradient_norm,
            gradient_norm_median=gradient_norm_median,
            clipped_share=np.where(finite, self.steps.gradient_changed[:, index].reshape(by_block).mean(axis=1), np.nan),
            update_ratio=update_ratio,
        )


def copy_equal(source: NDArray[Any] | None, target: NDArray[Any]) -> None:
    """Copy an array to another one; raises `ValueError` where it is missing, or of another shape or type."""
    if source is None or source.shape != target.shape or source.dtype != target.dtype:
        given = "missing" if source is None else f"{source.dtype} {list(source.shape)}"
        raise ValueError(f"an array is {given}; expected is {target.dtype} {list(target.shape)}")
    target[...] = source
