"""Facts about training mode and evaluation mode, penalties and the optimizer's settings. Nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unvanish.suite.tables.measurements import Array


@dataclass(frozen=True)
class Statistics:
    """The moving statistics of a layer of batch normalisation, beside those of the sample that enters it in training mode.

    distance  the largest difference of the means, in standard deviations of the sample, over the features
    ratio     the largest ratio of the two standard deviations, the larger over the smaller
    momentum  share of the moving statistics that a step keeps
    fixed     the mode that its call is given whatever the model's is: training or evaluation; empty for none
    """

    layer: str
    distance: float
    ratio: float
    momentum: float
    fixed: str = ""


@dataclass(frozen=True)
class Dropout:
    """A layer that drops inputs or states: the share that it drops, and the mode it is fixed to, as in `Statistics`."""

    layer: str
    rate: float
    fixed: str = ""


@dataclass(frozen=True, eq=False)
class Modes:
    """The same sample in both modes at the end of training.

    training, evaluation  loss without penalties by chunk of the sample, [chunk]
    accuracy              in training mode and in evaluation mode; NaN where the targets are no classes
    """

    training: Array
    evaluation: Array
    accuracy: tuple[float, float]
    statistics: tuple[Statistics, ...] = ()
    dropout: tuple[Dropout, ...] = ()


@dataclass(frozen=True)
class Penalties:
    """The penalties that are added to the loss of a batch: of weights and of activities.

    loss, penalty           the loss of the data, and all penalties together
    gradient                norm of the gradient of the data's loss with respect to the trained weights
    penalty_gradient        the same of the penalties
    penalised               by layer with a penalty on its weights: the norm of those weights
    """

    loss: float
    penalty: float
    gradient: float
    penalty_gradient: float
    penalised: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class OptimizerSettings:
    """The settings of an optimizer beside its rate; NaN for one that it does not have.

    schedule      the class of its learning rate schedule; empty for a constant rate
    accumulation  steps whose gradients make one update
    weight_norm   norm of all trained weights before training; `weights` is their number
    """

    epsilon: float = float("nan")
    momentum: float = float("nan")
    beta_1: float = float("nan")
    beta_2: float = float("nan")
    weight_decay: float = float("nan")
    schedule: str = ""
    accumulation: int = 1
    weight_norm: float = float("nan")
    end_weight_norm: float = float("nan")
    weights: int = 0
