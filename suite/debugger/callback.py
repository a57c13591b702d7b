"""`Diagnose`: a Keras callback that measures a training from inside and says what is wrong with it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger import architecture, data_summary, gradients, units, weights
from unvanish.suite.debugger.data import Data, checked
from unvanish.suite.debugger.diagnosis import Diagnosis, judge
from unvanish.suite.debugger.evaluation import evaluate
from unvanish.suite.debugger.evidence import read_benchmark
from unvanish.suite.debugger.layer_calls import leaf_layers
from unvanish.suite.debugger.recorder import Recorder
from unvanish.suite.debugger.trying import TIME_LIMIT, Progress, batch_size_of, start_of, try_fixes
from unvanish.suite.diagnosis.keras_training import KerasTraining, Setup
from unvanish.suite.output import write_page
from unvanish.tasks.errors import UsageError

PROBES = 12  # log-spaced over the training
PROBE_SAMPLES = 32
EVALUATED_SAMPLES = 512
MAX_OVERHEAD = 0.1


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
                  first and the last are always made, and the length of a step is measured at every planned one. None puts nothing off.
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
        self.record: KerasTraining | None = None
        self.diagnosis: Diagnosis | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        began = perf_counter()
        if keras.backend.backend() != "tensorflow":
            raise UsageError(f"Keras runs on {keras.backend.backend()}; Diagnose measures models on TensorFlow: set KERAS_BACKEND=tensorflow")
        self.began, self.measuring, self.step = began, 0.0, 0
        self.before: weights.Weights | None = None
        fixed = fixed_batch_size(self.model)
        random = np.random.default_rng(0)
        self.batch = self.some(random, fixed or PROBE_SAMPLES)
        self.sample = self.some(random, fixed or EVALUATED_SAMPLES)
        first = gradients.measure(self.model, self.batch)
        clipping, threshold = architecture.clipping(self.model.optimizer)
        self.setup = Setup(
            layers=architecture.layers(first.calls),
            inputs=data_summary.input_summaries(self.model, self.data.x, first.calls),
            outputs=data_summary.output_summaries(self.model, self.data.y, first.predictions, first.calls),
            optimizer=type(self.model.optimizer).__name__,
            learning_rate=architecture.learning_rate(self.model.optimizer),
            clipping=clipping,
            clipping_threshold=threshold,
        )
        self.recorder = Recorder()
        self.probe(first)
        self.start = evaluate(self.model, self.sample, self.setup.outputs, 0)
        if self.try_fixes:
            self.untrained = start_of(self.model, self.data, batch_size_of(self.params.get("steps"), self.data.samples))
        self.recurrent = weights.RecurrentChanges(self.model)
        self.steps_per_epoch = self.params.get("steps") or 0
        total = self.steps_per_epoch * (self.params.get("epochs") or 1)
        self.planned = schedule(total, self.probes)  # steps whose length is still to be measured
        self.due = list(self.planned)  # and of gradients
        self.measuring += perf_counter() - began

    def some(self, random: np.random.Generator, count: int) -> Data:
        """Draw so many samples, without consuming any seed of Keras."""
        return self.data.take(np.sort(random.choice(self.data.samples, min(count, self.data.samples), replace=False)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.summed = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.first_of_call = batch
        if self.planned and self.step + 1 >= self.planned[0]:
            began = perf_counter()
            self.before = weights.trained_weights(self.model)
            self.measuring += perf_counter() - began

    def is_due(self) -> bool:
        """Return whether a planned step has come, and measuring has not taken more than its share of the time."""
        if not self.due or self.step < self.due[0]:
            return False
        return self.max_overhead is None or self.measuring <= self.max_overhead * (perf_counter() - self.began - self.measuring)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keras reports the mean loss since the epoch began; the batch's own is what the sum grew by."""
        steps = batch + 1 - self.first_of_call  # more than one with steps_per_execution
        summed = float((logs or {}).get("loss", np.nan)) * (batch + 1)
        self.recorder.losses += [(summed - self.summed) / steps] * steps
        self.summed, self.step = summed, self.step + steps
        began = perf_counter()
        self.recorder.layers(self.step, "recurrent_change", self.recurrent.after(self.step))
        if self.before is not None:
            by_layer, self.recorder.update_ratios[self.step] = weights.update_ratios(self.before, weights.trained_weights(self.model))
            self.recorder.layers(self.step, "update_ratio", by_layer)
            self.before = None
            self.planned = [step for step in self.planned if step > self.step]
        self.measuring += perf_counter() - began
        if self.is_due():
            began = perf_counter()
            self.probe(gradients.measure(self.model, self.batch))
            self.due = [step for step in self.due if step > self.step]
            self.measuring += perf_counter() - began

    def probe(self, measured: gradients.Gradients) -> None:
        """Record what the fixed batch shows at this step."""
        step, record, calls = self.step, self.recorder, measured.calls
        self.probed_at = step
        record.probe(step, "loss", measured.loss)
        record.probe(step, "gradient_norm", measured.norm)
        record.probe(step, "learning_rate", architecture.learning_rate(self.model.optimizer))
        record.layers(step, "gradient_norm", measured.layer)
        record.layers(step, "zero_gradient_share", measured.zero)
        for layer in calls.order:
            outputs = calls.outputs[layer.name]
            record.probe(step, "nonfinite_outputs", float(units.nonfinite(outputs)), layer.name)
            for name, share in units.unit_shares(layer, outputs, calls.states.get(layer.name, [])).items():
                record.probe(step, name, share, layer.name)
        for layer in leaf_layers(self.model):
            if isinstance(layer, keras.layers.RNN):
                record.probe(step, "spectral_radius", weights.spectral_radius(layer), layer.name)
        for name, norms in measured.state.items():
            record.through_time(step, "norm", norms, 1, name)  # a state that enters a step is one step further back than its output
        record.through_time(step, "input_norm", measured.input, 0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs and "val_loss" in logs:
            self.recorder.validation[self.step] = float(logs["val_loss"])

    def on_train_end(self, logs: Any = None) -> None:
        began = perf_counter()
        if self.probed_at != self.step:
            self.probe(gradients.measure(self.model, self.batch))
        end = evaluate(self.model, self.sample, self.setup.outputs, self.step)
        seconds_measuring = self.measuring + perf_counter() - began
        measured, seconds = self.recorder.measurements(), perf_counter() - self.began
        self.record = KerasTraining(self.setup, measured, self.steps_per_epoch, self.start, end, seconds_measuring, seconds)
        self.diagnosis = judge(self.record, self.benchmark)
        if self.try_fixes:
            causes = [finding.cause for finding in self.diagnosis.findings]
            self.diagnosis = replace(self.diagnosis, tried=try_fixes(self.untrained, self.setup.outputs, causes, self.time_limit, progress=self.progress))
        self.write()

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


def fixed_batch_size(model: keras.Model) -> int | None:
    """The batch size that a model with stateful layers demands; None for others."""
    inputs = getattr(model, "inputs", None) or []
    return next((tensor.shape[0] for tensor in inputs if tensor.shape[0]), None)


def schedule(total: int, count: int) -> list[int]:
    """Return so many log-spaced steps from the first to the last; powers of two where the number of steps is not known."""
    if total <= 0:
        return [2**power for power in range(40)]
    return sorted({int(step) for step in np.round(np.geomspace(1, total, count))})
