"""The training of a user's Keras model as rules see it: the model, its data and optimizer, and what was measured. Nothing here needs TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unvanish.suite.diagnosis.course import with_course
from unvanish.suite.diagnosis.data_facts import DataFacts
from unvanish.suite.diagnosis.mode_facts import Modes, OptimizerSettings, Penalties
from unvanish.suite.diagnosis.nonfinite_origin import NonFiniteOrigin
from unvanish.suite.diagnosis.outcomes import Evaluation, Outcome, keras_outcome
from unvanish.suite.diagnosis.sequence_facts import Mask, Padding
from unvanish.suite.diagnosis.simple_predictors import Comparison
from unvanish.suite.tables.measurements import Array, Measurements, Series

END = 0.2  # share of the time steps at either end whose largest norms are compared


@dataclass(frozen=True)
class Layer:
    """One layer that computes something, in the order in which the model calls it.

    kind        its class, such as Dense
    activation  the name of its activation; empty where it has none
    cell        of a recurrent layer the class of its cell, such as LSTMCell; empty for any other
    trainable   whether all its weights are trained
    parameters  the number of its weights, trained or not
    normalises  whether it brings its inputs to a common scale (batch or layer normalisation, Normalization, Rescaling)
    stateful    whether a recurrent layer keeps its state from one batch to the next
    symmetric   whether all its units have the same weights, so that they stay the same
    half        whether its weights are stored in float16
    """

    name: str
    kind: str
    activation: str = ""
    cell: str = ""
    trainable: bool = True
    parameters: int = 0
    normalises: bool = False
    stateful: bool = False
    symmetric: bool = False
    half: bool = False


@dataclass(frozen=True)
class Output:
    """One output of the model, and the targets it is compared with.

    loss         the name of its loss, such as sparse_categorical_crossentropy; empty where it is not known
    from_logits  whether the loss takes logits
    activation   of the layer that computes it; empty where it is not known
    size         the length of its last axis
    shape        of a prediction without the batch axis; `target_shape` the same of a target
    low, high    of the predictions for the probe batch before training
    one_hot      whether each row of the targets has a single 1 and else zeros
    labels       of targets that are zeros and ones in several columns the fewest and the most ones in a row; else None
    values       the distinct targets with the number of each, where all are whole numbers and there are few of them; else empty
    zero_share   of the targets
    accuracy     whether accuracy is among the compiled metrics
    """

    name: str
    loss: str
    from_logits: bool
    activation: str
    size: int
    shape: tuple[int | None, ...]
    target_shape: tuple[int, ...]
    low: float
    high: float
    target_low: float
    target_high: float
    target_deviation: float
    target_finite: bool
    one_hot: bool
    target_mean: float = float("nan")
    labels: tuple[int, int] | None = None
    values: tuple[tuple[int, int], ...] = ()
    zero_share: float = 0.0
    accuracy: bool = False


@dataclass(frozen=True)
class Input:
    """One input: floats are described by their scale, whole numbers that an Embedding looks up are not.

    magnitude        the 99th percentile of the absolute values
    deviation        their standard deviation over all samples and features
    normalised       whether a layer of the model, or an embedding, brings it to another scale before any weight sees it
    shape            of one sample
    column           that with the largest values, where the last axis has several; `column_magnitude` and `column_deviation` as above, of it alone, and
                     `median_magnitude` of the typical column
    varies           the largest standard deviation over samples of any number of a sample, in units of the largest absolute value
    embedded         whether an Embedding looks it up
    truncated        share of the values that are not whole, where an Embedding cuts them off
    nonfinite        share of the values that are not finite; `nonfinite_columns` the number of columns in which none is
    """

    name: str
    finite: bool
    magnitude: float
    deviation: float
    normalised: bool
    shape: tuple[int, ...] = ()
    column: int | None = None
    column_magnitude: float = 0.0
    column_deviation: float = 0.0
    median_magnitude: float = 0.0
    varies: float = 1.0
    embedded: bool = False
    truncated: float = 0.0
    nonfinite: float = 0.0
    nonfinite_columns: int = 0


@dataclass(frozen=True)
class Lookup:
    """The indices that an Embedding looks up in a number of rows."""

    layer: str
    rows: int
    low: int
    high: int


@dataclass(frozen=True)
class Setup:
    """The facts that are known before the first step."""

    layers: tuple[Layer, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    optimizer: str
    learning_rate: float
    clipping: str  # clipnorm, global_clipnorm or clipvalue; empty for none
    clipping_threshold: float
    lookups: tuple[Lookup, ...] = ()

    @property
    def recurrent(self) -> tuple[Layer, ...]:
        """The recurrent layers."""
        return tuple(layer for layer in self.layers if layer.cell)

    @property
    def weighted(self) -> tuple[Layer, ...]:
        """The layers that have weights."""
        return tuple(layer for layer in self.layers if layer.parameters)


@dataclass(frozen=True, eq=False)
class KerasTraining:
    """Everything that is known of one training.

    measured     `curves` has a row a training step: `training_loss`, of its batch; `loss`, of the validation data at the end of an epoch; and
                 `update_ratio`, of this step. `probes` has what `PROBES` lists, on a fixed batch, with the column `layer`; `gradients` by recurrent
                 layer `norm`, with respect to all its states together, and without a layer `input_norm`, with respect to the input
    start, end   the evaluation before the first and after the last step; None for a model whose loss is not the compiled one
    data         what the samples show by themselves; None where that could not be measured
    comparisons  with simple predictors, of each output for which there are some
    seconds      in all; `seconds_measuring` of them were spent on measuring
    masks, padding   of a sample of the data, before training
    modes        the model in training mode and in evaluation mode, at the end; None where that could not be measured
    penalties    before training and at the end; empty for a model without any
    settings     those of the optimizer beside its rate
    not_measured what could not be measured and why, a sentence each
    origin       where the first value that is not finite was born; None where all are finite
    """

    setup: Setup
    measured: Measurements
    steps_per_epoch: int = 0
    start: Evaluation | None = None
    end: Evaluation | None = None
    seconds_measuring: float = 0.0
    seconds: float = 0.0
    masks: tuple[Mask, ...] = ()
    padding: tuple[Padding, ...] = ()
    modes: Modes | None = None
    penalties: tuple[Penalties, ...] = ()
    settings: OptimizerSettings | None = None
    data: DataFacts | None = None
    comparisons: tuple[Comparison, ...] = ()
    not_measured: tuple[str, ...] = ()
    origin: NonFiniteOrigin | None = None

    @property
    def losses(self) -> Array:
        """The loss of every training batch, [step]."""
        losses: Array = self.measured.curves["training_loss"]
        return losses

    @property
    def validation(self) -> Array:
        """Losses on validation data, [epoch]; empty without such data."""
        return self.measured.curve("loss").value

    @property
    def steps(self) -> int:
        """The number of training steps."""
        return len(self.losses)

    @property
    def probe_steps(self) -> list[int]:
        """The training steps at which gradients were measured; 0 is before training."""
        return self.measured.probe("gradient_norm").step.tolist()

    @cached_property
    def outcome(self) -> Outcome:
        """The outcome, made once."""
        return with_course(keras_outcome(self.losses, self.start, self.end), self)

    def reaching_first(self, layer: str) -> Series:
        """The largest norm of the gradient among the first time steps of a recurrent layer over the largest among the last.

        A state before any input is not counted; empty for layers of fewer than four steps.
        """
        norms = {step: by_back[::-1] for step, by_back in self.measured.through_time("norm", layer).items() if len(by_back) > 3}
        return Series(np.array(list(norms), np.int64), np.array([first_to_last(each[1:]) for each in norms.values()]))

    def first_layer_to_last(self) -> Series:
        """The gradient norm of the first layer with weights over that of the last; NaN for fewer than three such layers.

        Each norm is divided by the square root of the layer's number of weights, so that a small layer does not look like a small gradient.
        """
        layers = [layer for layer in self.setup.weighted if not layer.normalises and self.measured.probe("gradient_norm", layer.name).step.size]
        steps = np.array(self.probe_steps, np.int64)
        if len(layers) < 3:
            return Series(steps, np.full(len(steps), np.nan))
        first, last = (self.measured.probe("gradient_norm", layer.name).value / np.sqrt(layer.parameters) for layer in (layers[0], layers[-1]))
        known = (last > 0) & np.isfinite(first) & np.isfinite(last)
        return Series(steps, np.divide(first, last, out=np.full(len(steps), np.nan), where=known))

    def as_data(self) -> dict[str, Any]:
        """Numbers, words, lists and dictionaries alone, for JSON; what is not finite is None."""
        measured = self.measured
        figures: dict[int, dict[str, dict[str, float]]] = {}  # [step][probe][layer]
        for step, probe, layer, value in zip(*(measured.probes[name].tolist() for name in ("step", "probe", "layer", "value")), strict=True):
            figures.setdefault(step, {}).setdefault(probe, {})[layer] = value
        recurrent = [layer.name for layer in self.setup.recurrent]
        through_time = {name: measured.through_time("norm", name) for name in recurrent} | {"": measured.through_time("input_norm", "")}
        total = dict(zip(*(values.tolist() for values in measured.curve("update_ratio")), strict=True))
        changes = {name: measured.probe("recurrent_change", name) for name in measured.layers("recurrent_change")}

        def at(step: int) -> dict[str, Any]:
            probe = figures[step]
            norms = {name: norms[step][::-1] for name, norms in through_time.items() if step in norms}
            shares = {name: probe.get(f"{name}_share", {}) for name in ("dead", "saturated")}
            return {
                "step": step,
                **{name: probe[name][""] for name in ("loss", "gradient_norm", "learning_rate")},
                "layer_gradient": {layer: norm for layer, norm in probe["gradient_norm"].items() if layer},
                "zero_gradient": probe.get("zero_gradient_share", {}),
                "unit_share": {layer.name: {name: share[layer.name] for name, share in shares.items() if layer.name in share} for layer in self.setup.layers},
                "nonfinite": [layer for layer, share in probe.get("nonfinite_outputs", {}).items() if share],
                "state_gradient": {name: each for name, each in norms.items() if name},
                "input_gradient": norms.get("", []),
                "spectral_radius": probe.get("spectral_radius", {}),
            }

        content = {
            "setup": asdict(self.setup),
            "probes": [at(step) for step in self.probe_steps],
            "updates": [
                {"step": step, "by_layer": probe["update_ratio"], "total": total.get(step)} for step, probe in figures.items() if "update_ratio" in probe
            ],
            "losses": self.losses,
            "validation": self.validation,
            "steps_per_epoch": self.steps_per_epoch,
            "start": vars(self.start) if self.start else None,
            "end": vars(self.end) if self.end else None,
            "data": asdict(self.data) if self.data else None,
            "comparisons": [each.as_data() for each in self.comparisons],
            "seconds_measuring": self.seconds_measuring,
            "seconds": self.seconds,
            "masks": [vars(mask) for mask in self.masks],
            "padding": [vars(padding) for padding in self.padding],
            "modes": asdict(self.modes) if self.modes else None,
            "penalties": [asdict(each) for each in self.penalties],
            "optimizer_settings": vars(self.settings) if self.settings else None,
            "not_measured": self.not_measured,
            "origin": asdict(self.origin) if self.origin else None,
            "recurrent_ends": next((series.step for series in changes.values()), []),
            "recurrent_ratios": {name: series.value for name, series in changes.items()},
        }
        data: dict[str, Any] = plain(content)
        return data


def first_to_last(norms: Array) -> float:
    """First time steps over last ones; 1 where nothing comes back at all or a norm is not finite, since that says nothing of time."""
    count = max(int(np.ceil(END * len(norms))), 1)
    first, last = norms[:count].max(), norms[-count:].max()
    return float(first / last) if np.isfinite(norms).all() and last > 0 else 1.0


def plain(value: Any) -> Any:
    """Without arrays and tuples; a number that is not finite is None, since JSON has none."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
