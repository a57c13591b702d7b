"""`Diagnose`: a Keras callback that measures a training from inside and says what is wrong with it."""

from __future__ import annotations

import functools
import os
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger import architecture, data_summary, gradients, nonfinite, units, weights
from unvanish.suite.debugger.data import Data, checked
from unvanish.suite.debugger.diagnosis import Diagnosis, judge
from unvanish.suite.debugger.evaluation import evaluate
from unvanish.suite.debugger.evidence import read_benchmark
from unvanish.suite.debugger.gradients import Gradients, Seen
from unvanish.suite.debugger.layer_calls import leaf_layers
from unvanish.suite.debugger.lookups import lookups
from unvanish.suite.debugger.output_masks import weighted_by_masks
from unvanish.suite.debugger.recorder import Recorder
from unvanish.suite.debugger.regime import Regime
from unvanish.suite.debugger.samples import Samples
from unvanish.suite.debugger.training_step import optimizers, predictor
from unvanish.suite.debugger.trying import TIME_LIMIT, Progress, Start, batch_size_of, start_of, try_fixes
from unvanish.suite.diagnosis.keras_training import KerasTraining, Setup
from unvanish.suite.diagnosis.nonfinite_origin import NonFiniteOrigin
from unvanish.suite.diagnosis.outcomes import Evaluation
from unvanish.suite.output import write_page
from unvanish.tasks.errors import UsageError

PROBES = 12  # log-spaced over the training
PROBE_SAMPLES = 32
EVALUATED_SAMPLES = 512
MAX_OVERHEAD = 0.1
GRADIENTS, ORIGIN, TRYING = "The gradients", "The origin of values that are not finite", "What the advice does"
EMPTY = Setup((), (), (), "", float("nan"), "", float("nan"))  # of a model of which nothing could be read
HEADINGS = ("Graph execution error", "Detected at node", "Stack trace", " ", "\t")  # of TensorFlow's errors, before what they say
NODES = re.compile(r"\{\{.*?\}\}|\[Op:.*")  # names that TensorFlow makes up
MAX_REASON = 200  # characters of an error's message
MIN_PROBES, SHARE_OF_FEW = 10, 0.5
FIRST_ESTIMATE = 0.02  # seconds of a measurement of gradients, until one was made that did not compile
MAX_FAILURES = 2  # of one kind of measurement, after which it is no longer tried


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """A method that Keras calls: its time counts as measuring, and no error of it ends a training."""

    @functools.wraps(method)
    def call(self: Diagnose, *arguments: Any, **named: Any) -> None:
        began = perf_counter()
        self.attempt(f"What {method.__name__} measures", method, self, *arguments, **named)
        self.measuring += perf_counter() - began

    return call


class Diagnose(keras.callbacks.Callback):
    """Measure a fixed batch at log-spaced training steps, and name what is wrong when the training ends.

    Training with it gives the same weights as training without it, to the bit: models are called within Keras' stateless scope.

    >>> watch = Diagnose(x, y)
    >>> model.fit(x, y, callbacks=[watch])
    >>> print(watch.diagnosis)

    x, y          the training data that `fit` gets: arrays, or lists or dictionaries of them; or, without y, a tf.data.Dataset or a
                  keras.utils.PyDataset of batches, of which the first 1,024 samples are read when this is made. A callback is not shown the
                  data, so they are given to it. A sample is used: 32 for gradients, 512 for losses, 1,000 for the scale of the inputs.
    sample_weight the weights that `fit` gets, or those that its class_weight gives the samples; losses and the constant prediction have them too
    benchmark     the folder of a finished benchmark, for evidence of what helped recurrent networks there; without it, the reference results
    page          where to write the diagnosis as an HTML page, when the training ends
    mlflow        whether to write the diagnosis to MLflow's active run, where there is one
    probes        how many measurements to spread over the training
    max_overhead  the share of the training's time that measuring may take: a measurement of gradients that would take more is put off. The
                  first and the last are always made, and the length of a step is measured at every planned one. What is done once (a
                  recurrent model is compiled, two evaluations) takes some seconds, so a short training spends more. None puts nothing off.
    try_fixes     whether to train copies of the model when the training has ended, from its first weights, with each change that the findings
                  propose; `diagnosis.tried` says which of them helped on samples that were held out
    time_limit    the seconds that this may take; what there was no time for is said
    progress      a function that is called before each of these trainings with the number that are done, of how many, and what is next

    After `fit`: `diagnosis`, with `findings`, and `record`, all that was measured: a `KerasTraining`.
    Raises `UsageError` for data that are neither arrays nor a data set or do not fit each other, and for a benchmark or a page whose folder is none.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        benchmark: str | Path | None = None,
        page: str | Path | None = None,
        mlflow: bool = True,
        probes: int = PROBES,
        max_overhead: float | None = MAX_OVERHEAD,
        try_fixes: bool = False,
        time_limit: float = TIME_LIMIT,
        progress: Progress | None = None,
    ) -> None:
        super().__init__()
        self.data = checked(x, y, sample_weight)
        if probes < 2:
            raise UsageError(f"probes is {probes}; give at least 2, one at the start and one at the end")
        if max_overhead is not None and not max_overhead > 0:
            raise UsageError(f"max_overhead is {max_overhead}; give a share above 0, such as 0.1, or None for no limit")
        if not time_limit > 0:
            raise UsageError(f"time_limit is {time_limit}; give seconds above 0, such as {TIME_LIMIT:g}")
        if page is not None and not os.path.isdir(Path(page).absolute().parent):
            raise UsageError(f"the folder of the page {page} does not exist; create it or give another place")
        self.benchmark = read_benchmark(Path(benchmark)) if benchmark is not None else None
        self.page, self.mlflow = page, mlflow
        self.probes, self.max_overhead = probes, max_overhead
        self.try_fixes, self.time_limit, self.progress = try_fixes, time_limit, progress
        if keras.backend.backend() != "tensorflow":
            raise UsageError(f"Keras runs on {keras.backend.backend()}; Diagnose measures models on TensorFlow: set KERAS_BACKEND=tensorflow")
        self.record: KerasTraining | None = None
        self.diagnosis: Diagnosis | None = None
        self.measuring, self.seconds_of_last = 0.0, FIRST_ESTIMATE
        self.probed: list[float] = []  # seconds of each measurement of gradients but for the first and the last
        self.not_measured: dict[str, str] = {}  # by what could not be measured, the first reason
        self.failures: dict[str, int] = {}

    def attempt(self, what: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Return what a function returns; None where it raises an error, which `record.not_measured` then gives as the reason why `what` is not known.

        `what` begins a sentence, such as "The loss of a linear model". Nothing that measures may end a training that Keras alone would finish.
        """
        if self.failures.get(what, 0) >= MAX_FAILURES:
            return None
        try:
            return function(*arguments, **named)
        except Exception as error:
            self.failures[what] = self.failures.get(what, 0) + 1
            self.not_measured.setdefault(what, reason(error))
            return None

    @guarded
    def on_train_begin(self, logs: Any = None) -> None:
        self.began, self.measuring, self.step = perf_counter(), 0.0, 0
        self.not_measured, self.failures, self.probed, self.seconds_of_last = {}, {}, [], FIRST_ESTIMATE
        self.record = self.diagnosis = None
        self.recorder, self.setup = Recorder(), EMPTY
        self.before: weights.Weights | None = None
        self.recurrent: weights.RecurrentChanges | None = None
        self.start: Evaluation | None = None
        self.untrained: Start | None = None
        self.origin: NonFiniteOrigin | None = None
        self.snapshots: nonfinite.Snapshots | None = None
        self.probed_at, self.summed, self.loss_is_mean = -1, 0.0, True
        self.steps_per_epoch = self.params.get("steps") or 0
        self.plan(self.steps_per_epoch * (self.params.get("epochs") or 1))
        fixed = fixed_batch_size(self.model)
        random = np.random.default_rng(0)
        self.batch = self.some(random, fixed or PROBE_SAMPLES)
        self.sample = self.some(random, fixed or EVALUATED_SAMPLES)
        self.measure = self.attempt(GRADIENTS, gradients.measurement, self.model, self.batch)
        self.predict = predictor(self.model)
        first = self.measured()
        seen = first or self.attempt("A forward pass", gradients.forward, self.model, self.batch)
        if seen is not None:
            self.setup = self.attempt("The model and its data", self.setup_of, seen) or EMPTY
        self.samples = Samples(self.attempt, self.data, self.setup)
        self.regime = Regime(self.attempt)
        self.finish()
        self.warn(raises=first is None)
        if first is not None:
            self.probe(first)
            self.snapshots = self.attempt(ORIGIN, nonfinite.Snapshots, self.model)
            self.attempt(ORIGIN, self.origin_before_training, first)
        self.sample = self.attempt("The masks of the outputs", weighted_by_masks, self.model, self.sample) or self.sample
        self.start = self.attempt("The loss of a sample", evaluate, self.model, self.sample, self.setup.outputs, 0, self.predict)
        if self.try_fixes:
            batch_size = batch_size_of(self.params.get("steps"), self.data.samples)
            self.untrained = self.attempt(TRYING, start_of, self.model, self.data, batch_size)
        self.regime.before(self.model, self.sample, self.batch, self.setup.outputs)
        self.recurrent = self.attempt("The change of the recurrent weights", weights.RecurrentChanges, self.model)

    def plan(self, total: int) -> None:
        """Plan the steps at which to measure, of so many; 0 where the number of steps is not known."""
        self.total = total
        self.planned = schedule(total, self.probes)  # steps whose length is still to be measured
        self.due = list(self.planned)  # and of gradients

    def setup_of(self, seen: Seen) -> Setup:
        """The facts that are known before the first step."""
        optimizer = plain_optimizer(self.model)
        clipping, threshold = architecture.clipping(optimizer)
        return Setup(
            layers=architecture.layers(seen.calls),
            inputs=data_summary.input_summaries(self.model, self.data.x, seen.calls),
            outputs=data_summary.output_summaries(self.model, self.data.y, seen.predictions, seen.calls) if seen.predictions is not None else (),
            optimizer=type(optimizer).__name__,
            learning_rate=self.learning_rate(),
            clipping=clipping,
            clipping_threshold=threshold,
            lookups=self.attempt("The indices of embeddings", lookups, self.model, self.data.x, seen.calls) or (),
        )

    def warn(self, raises: bool) -> None:
        """Say in a sentence each what is wrong with the data or the model before Keras raises an error of its own about it."""
        if self.diagnosis is None:
            return
        for finding in self.diagnosis.causes:
            if raises or finding.cause == "index_out_of_range":
                warnings.warn(f"{finding.what} {finding.why} {finding.advice}", stacklevel=2)

    def some(self, random: np.random.Generator, count: int) -> Data:
        """Draw so many samples, without consuming any seed of Keras."""
        return self.data.take(np.sort(random.choice(self.data.samples, min(count, self.data.samples), replace=False)))

    def measured(self) -> Gradients | None:
        """The gradients of the fixed batch; None where they cannot be measured."""
        found: Gradients | None = self.attempt(GRADIENTS, self.measure) if self.measure is not None else None
        if found is not None:
            self.loss_is_mean = found.loss_is_mean
        return found

    def learning_rate(self) -> float:
        """The rate of the next step; NaN without an optimizer."""
        optimizer = plain_optimizer(self.model)
        return architecture.learning_rate(optimizer) if optimizer is not None else float("nan")

    @guarded
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.summed = 0.0

    @guarded
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.first_of_call = batch
        if self.before is None and self.planned and self.step + 1 >= self.planned[0]:
            self.before, self.before_step = weights.trained_weights(self.model), self.step

    def is_due(self) -> bool:
        """Return whether a planned step has come, and one more measurement would not take measuring above its share of the time.

        What it will take is known from the last one. What is spent once, on compiling and on the evaluations, counts; where it has used the share up,
        the first few measurements of gradients may take half of the share again.
        """
        if not self.due or self.step < self.due[0] or self.measure is None:
            return False
        if self.max_overhead is None:
            return True
        share = self.max_overhead * (perf_counter() - self.began - self.measuring)
        few = len(self.probed) < MIN_PROBES and sum(self.probed) + self.seconds_of_last <= SHARE_OF_FEW * share
        return few or self.measuring + self.seconds_of_last <= share

    @guarded
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        steps = batch + 1 - self.first_of_call  # more than one with steps_per_execution
        self.step += steps
        self.attempt("The loss of each batch", self.record_loss, batch, steps, logs or {})
        if self.recurrent is not None:
            self.recorder.layers(self.step, "recurrent_change", self.recurrent.after(self.step))
        if self.before is not None and self.step - self.before_step >= accumulation(self.model):
            by_layer, self.recorder.update_ratios[self.step] = weights.update_ratios(self.before, weights.trained_weights(self.model))
            self.recorder.layers(self.step, "update_ratio", by_layer)
            self.before = None
            self.planned = [step for step in self.planned if step > self.step]
        if self.snapshots is not None and self.origin is None:
            if self.recorder.losses and not np.isfinite(self.recorder.losses[-1]):
                self.attempt(ORIGIN, self.locate)
            else:
                self.snapshots.take(self.step)
        if self.is_due():
            self.probe_now()

    def origin_before_training(self, first: Gradients) -> None:
        """Set the origin where a weight, the loss or a gradient of the fixed batch is not finite before the first step."""
        if place := nonfinite.nonfinite_weights(self.model):
            self.origin = NonFiniteOrigin("weights", place, "", 0)
        elif not nonfinite.finite(first) and plain_optimizer(self.model) is self.model.optimizer:  # else a scaled loss that overflows is usual
            self.locate()

    def locate(self) -> None:
        """Set the origin of a value that is not finite, unless it is in the data."""
        setup = self.setup
        if self.snapshots is None or not all([each.finite for each in setup.inputs] + [each.target_finite for each in setup.outputs]):
            return
        self.origin = nonfinite.locate(self.model, self.data, self.batch.samples, self.measure, self.snapshots, self.step)

    def record_loss(self, batch: int, steps: int, logs: dict[str, Any]) -> None:
        """Keras reports the mean loss since the epoch began; the batch's own is what the sum grew by."""
        name = next((name for name in ("loss", *logs) if name in logs and "loss" in name), None)
        if name is None:
            raise NotMeasured("the training step reports none by a name with loss in it")
        loss = float(logs[name])
        if self.loss_is_mean:
            summed = loss * (batch + 1)
            loss, self.summed = (summed - self.summed) / steps, summed
        self.recorder.losses += [loss] * steps

    def probe_now(self) -> None:
        """Measure the gradients, and plan as many further measurements as are left over what remains of the training."""
        began = perf_counter()
        measured = self.measured()
        if measured is not None:
            self.probe(measured)
        self.seconds_of_last = perf_counter() - began
        self.probed.append(self.seconds_of_last)
        late = sum(step <= self.step for step in self.due)
        self.due = [step for step in self.due if step > self.step]
        if late > 1 and self.step < self.total:
            self.due = schedule(self.total, len(self.due) + late - 1, self.step + 1)

    def probe(self, measured: Gradients) -> None:
        """Record what the fixed batch shows at this step."""
        step, record, calls = self.step, self.recorder, measured.calls
        self.probed_at = step
        record.probe(step, "loss", measured.loss)
        record.probe(step, "gradient_norm", measured.norm)
        record.probe(step, "learning_rate", self.learning_rate())
        record.layers(step, "gradient_norm", measured.layer)
        record.layers(step, "zero_gradient_share", measured.zero)
        for layer in calls.order:
            outputs = calls.outputs[layer.name]
            record.probe(step, "nonfinite_outputs", float(units.nonfinite(outputs)), layer.name)
            for name, share in units.unit_shares(layer, outputs, calls.through_time.get(layer.name, [])).items():
                record.probe(step, name, share, layer.name)
        for layer in leaf_layers(self.model):
            if isinstance(layer, keras.layers.RNN):
                record.probe(step, "spectral_radius", weights.spectral_radius(layer), layer.name)
        for name, norms in measured.state.items():
            record.through_time(step, "norm", norms, 1, name)  # a state that enters a step is one step further back than its output
        record.through_time(step, "input_norm", measured.input, 0)

    @guarded
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs and "val_loss" in logs:
            self.recorder.validation[self.step] = float(logs["val_loss"])
            self.samples.validate(self.model)
        if not self.steps_per_epoch and self.step:  # of data whose number is not known before they end
            self.steps_per_epoch = self.step
            self.plan(self.step * (self.params.get("epochs") or 1))
            self.planned, self.due = ([step for step in steps if step > self.step] for steps in (self.planned, self.due))

    @guarded
    def on_train_end(self, logs: Any = None) -> None:
        began = perf_counter()
        if self.probed_at != self.step and (measured := self.measured()) is not None:
            self.probe(measured)
        end = self.attempt("The loss of a sample", evaluate, self.model, self.sample, self.setup.outputs, self.step, self.predict)
        if self.origin is None and end is not None and not np.isfinite(end.loss).all():
            self.attempt(ORIGIN, self.locate)
        self.samples.compare(self.model, fixed_batch_size(self.model), self.predict)
        self.regime.after(self.model, self.sample, self.batch, self.setup.outputs)
        self.finish(end, self.measuring + perf_counter() - began)
        self.try_advice()
        self.attempt("The page or the run of MLflow", self.write)

    def try_advice(self) -> None:
        """Try what the findings propose, where that is asked for; also of a training that Keras does not finish."""
        if self.try_fixes and self.untrained is not None and self.diagnosis is not None:
            causes = [finding.cause for finding in self.diagnosis.findings]
            given = self.untrained, self.setup.outputs, causes, self.time_limit
            self.diagnosis = replace(self.diagnosis, tried=self.attempt(TRYING, try_fixes, *given, progress=self.progress))

    def finish(self, end: Evaluation | None = None, seconds_measuring: float = 0.0) -> None:
        """Make the record and the diagnosis of what is known; before training, too, so that there is one where Keras raises an error."""
        self.record = KerasTraining(
            setup=self.setup,
            measured=self.recorder.measurements(),
            steps_per_epoch=self.steps_per_epoch,
            start=self.start,
            end=end,
            seconds_measuring=seconds_measuring,
            seconds=perf_counter() - self.began,
            not_measured=self.not_measured_sentences(),
            origin=self.origin,
            **self.samples.fields(),
            **self.regime.fields(),
        )
        judged = self.attempt("What is wrong", judge, self.record, self.benchmark)
        if judged is not None:
            self.diagnosis, self.record = judged, judged.record
        elif self.diagnosis is not None:  # of the setup alone: it says what it does not know
            self.diagnosis = replace(self.diagnosis, record=replace(self.record, not_measured=self.not_measured_sentences()))

    def not_measured_sentences(self) -> tuple[str, ...]:
        """What could not be measured and why, a sentence each."""
        return tuple(f"{what} could not be measured: {why}." for what, why in self.not_measured.items())

    def write(self) -> None:
        """Write the page, and to MLflow's active run; there is none in a process that has not imported MLflow."""
        assert self.diagnosis is not None
        data, tracked = self.diagnosis.as_data(), self.mlflow and "mlflow" in sys.modules
        if self.page is None and not tracked:
            return
        from unvanish.reports.pages.training import render

        page = render(data)
        if self.page is not None:
            write_page(page, Path(self.page))
        if tracked:
            from unvanish.suite.tracking.diagnoses import log_to_active_run

            log_to_active_run(data, page)


class NotMeasured(Exception):
    """Something that cannot be measured, with the reason as its message."""


def reason(error: Exception) -> str:
    """The first line of an error, short, and its class where it is none of this module's own."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith(HEADINGS)]
    line = NODES.sub("", lines[0]).strip() if lines else ""
    if isinstance(error, NotMeasured):
        return line
    return f"{line[:MAX_REASON]} ({type(error).__name__})" if line else type(error).__name__


def fixed_batch_size(model: keras.Model) -> int | None:
    """The batch size that a model with stateful layers demands; None for others."""
    inputs = getattr(model, "inputs", None) or []
    return next((tensor.shape[0] for tensor in inputs if tensor.shape[0]), None)


def schedule(total: int, count: int, first: int = 1) -> list[int]:
    """Return at most so many log-spaced steps from the first to the last, which is among them; powers of two where the number of steps is not known."""
    if total <= 0:
        return [2**power for power in range(40)]
    return sorted({int(step) for step in np.round(np.geomspace(total, first, max(count, 1)))})


def plain_optimizer(model: keras.Model) -> Any:
    """The optimizer that takes the steps: of one that scales losses the one inside; None where there is none."""
    found = next(iter(optimizers(model)), None)
    return getattr(found, "inner_optimizer", found)


def accumulation(model: keras.Model) -> int:
    """The number of training steps whose gradients make one update."""
    return int(getattr(plain_optimizer(model), "gradient_accumulation_steps", None) or 1)
