"""What was measured of one training, as plain data: all that the rules see. Nothing here needs TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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


@dataclass(frozen=True)
class Output:
    """One output of the model, and the targets it is compared with.

    loss         the name of its loss, such as sparse_categorical_crossentropy; empty where it is not known
    from_logits  whether the loss takes logits
    activation   of the layer that computes it; empty where it is not known
    size         the length of its last axis
    shape        of a prediction without the batch axis; `target_shape` the same of a target
    low, high    of the predictions for the probe batch before training
    target_low, target_high, target_deviation, n_classes   of the targets; classes are counted among whole numbers, 0 for others
    one_hot      whether each row of the targets has a single 1 and else zeros
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
    n_classes: int
    one_hot: bool


@dataclass(frozen=True)
class Input:
    """One input: floats are described by their scale, whole numbers that an Embedding looks up are not.

    magnitude        the 99th percentile of the absolute values
    deviation        their standard deviation over all samples and features
    feature_ratio    the largest standard deviation of a feature over the smallest that is not zero
    normalised       whether a layer of the model, or an embedding, brings it to another scale before any weight sees it
    """

    name: str
    finite: bool
    magnitude: float
    deviation: float
    feature_ratio: float
    normalised: bool


@dataclass(frozen=True)
class Setup:
    """What is known before the first step."""

    layers: tuple[Layer, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    optimizer: str
    learning_rate: float
    clipping: str  # clipnorm, global_clipnorm or clipvalue; empty for none
    clipping_threshold: float

    @property
    def recurrent(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.cell)


@dataclass(frozen=True, eq=False)
class Probe:
    """What the probe batch shows after so many training steps.

    loss              of the probe batch, in training mode
    gradient_norm     of all weights together; NaN where a gradient is not finite
    layer_gradient    norm of the gradient by layer; 0 where none reaches it
    zero_gradient     share of a layer's gradient entries that are exactly zero
    weight_norm       by layer
    unit_share        by layer: share of its units that are dead (`dead`) or saturated (`saturated`)
    nonfinite         names of the layers with outputs that are not finite, in the order of the calls
    state_gradient    by recurrent layer: norm of the gradient with respect to the state that enters each step, [time]
    input_gradient    norm of the gradient with respect to the input at each step, [time]; empty where the input has no time axis
    spectral_radius   by recurrent layer: of the recurrent weights (the largest of its gates' for a gated cell)
    learning_rate     of the optimizer at this step
    """

    step: int
    epoch: int
    loss: float
    gradient_norm: float
    layer_gradient: dict[str, float]
    zero_gradient: dict[str, float]
    weight_norm: dict[str, float]
    unit_share: dict[str, dict[str, float]]
    nonfinite: tuple[str, ...]
    state_gradient: dict[str, Array]
    input_gradient: Array
    spectral_radius: dict[str, float]
    learning_rate: float


@dataclass(frozen=True)
class Update:
    """What one training step changed: the norm of the change over the norm of the weights before it, by layer and of all weights together."""

    step: int
    by_layer: dict[str, float]
    total: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The loss without dropout and penalties on a sample of the training data, in chunks.

    loss      of the model, [chunk]
    constant  of the best constant prediction (the mean or median of each target, the classes' frequencies), [chunk]
    spread    the standard deviation of predictions over the samples, relative to that of the targets, at most over the outputs
    """

    step: int
    loss: Array
    constant: Array
    spread: float


@dataclass
class Record:
    """Everything that was measured of one training.

    probes       before the first step, after planned steps that were not put off, and at the end
    updates      at every planned step, since they take no time worth speaking of
    losses       of every training batch, as Keras reports them, [step]
    validation   losses on validation data, [epoch]; empty without such data
    start, end   the evaluation before the first and after the last step
    seconds      spent on measuring and in all
    recurrent_ends, recurrent_ratios   every few training steps: the step, and by recurrent layer the norm of what they changed of its recurrent
                 weights over the norm of those
    """

    setup: Setup
    probes: list[Probe] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    steps_per_epoch: int = 0
    start: Evaluation | None = None
    end: Evaluation | None = None
    seconds_measuring: float = 0.0
    seconds: float = 0.0
    recurrent_ends: list[int] = field(default_factory=list)
    recurrent_ratios: dict[str, list[float]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return len(self.losses)

    @property
    def trained_probes(self) -> list[Probe]:
        """Those after the first training step."""
        return [probe for probe in self.probes if probe.step > 0] or self.probes

    def as_data(self) -> dict[str, Any]:
        """Numbers, words, lists and dictionaries alone, for JSON; what is not finite is None."""
        return plain(asdict(self))


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
