"""What a mitigation is: behaviour at one or more of six places of training, with its parameters and the models it applies to.

| place           | methods                                  | what they may do                                               |
|-----------------|------------------------------------------|----------------------------------------------------------------|
| initial weights | `change_initial_weights`                 | draw or change them, on the host, from the trial's seed        |
| cell            | `activation`, `slope`, `change_sums`, `change_states` | the state's activation; a gate's sum; the new states |
| way back        | `gradient_passes`                        | which states' gradients go back over which step                |
| loss            | `penalty`, `penalty_gradient`            | add a penalty to the loss, or its gradient through time        |
| gradient        | `change_gradient`                        | change all gradients of a trial together                       |
| update          | `rate`, `step`, `trained`                | the learning rate at a step; the step; which weights are trained |

Every method does nothing unless a mitigation overrides it, and a compiled program holds only those that its conditions
override. The methods that run inside a program see all trials of a cohort at once: every tensor has a leading trial axis E, a
parameter is a tensor [E], and what a method returns for trials that do not use the mitigation is dropped. No operation may mix
trials. TensorFlow is imported where it is used, since mitigations are also listed and described.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from unvanish.suite.models import Model, Sizes, Weights
from unvanish.tasks import Task

if TYPE_CHECKING:
    import tensorflow as tf

Parameters = Mapping[str, "tf.Tensor"]  # by name, [E] each
Memory = tuple["tf.Tensor", ...]  # what a mitigation keeps from step to step, [E, ...] each
PLACES: Mapping[str, tuple[str, ...]] = {
    "initial weights": ("change_initial_weights",),
    "cell": ("activation", "change_sums", "change_states"),
    "way back": ("gradient_passes", "penalty_gradient"),
    "loss": ("penalty",),
    "gradient": ("change_gradient",),
    "update": ("rate", "step", "trained"),
}


@dataclass(frozen=True)
class Start:
    """What the initial weights of one trial are drawn from; `random(weight, block)` are the numbers of one block of a weight."""

    model: Model
    sizes: Sizes
    random: Callable[[str, int], np.random.Generator]


class Now(NamedTuple):
    """Where training stands when a program calls a mitigation."""

    step: tf.Tensor  # int32, counted from 1
    seed: tf.Tensor  # int32 [E]


class Mitigation(BaseModel):
    """A named cure. Its parameters are pydantic fields, so a value that is not allowed is refused when a profile is read.

    against         exploding, vanishing, both; `-` for none; control for what is no cure and only shows what is reached without one
    source_rows     of the source document that describe it
    replaces        what of plain training it takes the place of; two mitigations that replace the same cannot be combined
    learning_rates  the optimizer whose grid of learning rates a profile gives it
    trains_state    whether weights that lead to the state are trained
    keras_activation  what Keras calls the activation it replaces tanh by; None where Keras has none
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: ClassVar[str]
    summary: ClassVar[str]
    against: ClassVar[str]
    reference: ClassVar[str]
    position: ClassVar[int] = 99
    source_rows: ClassVar[str] = ""
    replaces: ClassVar[frozenset[str]] = frozenset()
    learning_rates: ClassVar[str | None] = None
    trains_state: ClassVar[bool] = True
    keras_activation: ClassVar[str | None] = None

    @property
    def parameters(self) -> dict[str, float]:
        """By name, with the defaults."""
        return self.model_dump()

    @classmethod
    def overrides(cls, method: str) -> bool:
        """Whether this mitigation does something at a place's method."""
        return getattr(cls, method) is not getattr(Mitigation, method)

    @classmethod
    def places(cls) -> tuple[str, ...]:
        """The places at which it acts."""
        return tuple(place for place, methods in PLACES.items() if any(map(cls.overrides, methods)))

    # What it is worth for a model and a task.

    def not_applicable(self, model: Model) -> str | None:
        """Why it has no meaning for a model; None where it has."""
        return None

    def reach(self, task: Task) -> int | None:
        """How many steps back a gradient goes at most; None where that is not limited."""
        return None

    def inert(self, task: Task, acted_share: float) -> str | None:
        """What of it never acted on a finished trial; None where it did. `acted_share` is the share of steps at which a gradient was changed."""
        return None

    # How to do the same in plain Keras.

    def keras_code(self, model: Model, task: Task) -> KerasCode | None:
        """The parts of a Keras script that it changes; None where that cannot be said in a few lines."""
        return None

    # Initial weights, on the host.

    def change_initial_weights(self, weights: Weights, start: Start) -> Weights:
        """The weights of one trial, without a trial axis, before training."""
        return weights

    # Inside a program; all shapes with the trial axis E first.

    @staticmethod
    def activation(x: tf.Tensor, p: Parameters) -> tf.Tensor:
        """The state's activation in place of tanh, [E, B, H] -> the same; `slope` must be overridden with it."""
        raise NotImplementedError

    @staticmethod
    def slope(value: tf.Tensor, p: Parameters) -> tf.Tensor:
        """The derivative of `activation` where it has this value."""
        raise NotImplementedError

    @staticmethod
    def change_sums(sums: Sequence[tf.Tensor], bias: Sequence[tf.Tensor], p: Parameters) -> list[tf.Tensor]:
        """The gates' sums before their functions, [E, B, H] each; of `bias`, [E, H] each, the part that is in them already."""
        return list(sums)

    @staticmethod
    def change_states(new: tuple[tf.Tensor, ...], old: tuple[tf.Tensor, ...], p: Parameters) -> tuple[tf.Tensor, ...]:
        """The states after a time step, from those that the cell proposes and those before it, [E, B, H] each."""
        return new

    @staticmethod
    def gradient_passes(length: int, n_states: int, now: Now, p: Parameters) -> tf.Tensor:
        """Whether a state's gradient passes from step t to t - 1, bool [length, n_states, E] or broadcastable to that."""
        raise NotImplementedError

    @staticmethod
    def penalty(weights: Mapping[str, tf.Tensor], p: Parameters) -> tf.Tensor:
        """What is added to the loss that is minimised (not to the one that is reported), [E]; differentiated automatically."""
        raise NotImplementedError

    @staticmethod
    def penalty_gradient(after: tf.Tensor, of_sums: tf.Tensor, before: tf.Tensor, recurrent_kernel: tf.Tensor, p: Parameters) -> tf.Tensor:
        """The gradient of a penalty on one step back, with respect to the recurrent kernel [E, H, H].

        dL/dh(t) is `after`, that of the sums at t `of_sums`, and dL/dh(t-1) through them `before`, [E, B, H] each.
        """
        raise NotImplementedError

    @staticmethod
    def first_memory(weights: tf.Tensor, steps: int) -> Memory:
        """What `change_gradient` or `step` keeps from step to step, before the first of `steps`; weights [E, P]."""
        return ()

    @staticmethod
    def change_gradient(gradient: tf.Tensor, memory: Memory, now: Now, p: Parameters) -> tuple[tf.Tensor, tf.Tensor, Memory]:
        """The gradient of all weights [E, P], whether this changed it (bool [E]), and the memory."""
        raise NotImplementedError

    @staticmethod
    def rate(rate: tf.Tensor, now: Now, p: Parameters) -> tf.Tensor:
        """The learning rate at a step, [E]."""
        return rate

    @staticmethod
    def step(gradient: tf.Tensor, rate: tf.Tensor, memory: Memory, now: Now, p: Parameters) -> tuple[tf.Tensor, Memory]:
        """What is subtracted from the weights, [E, P], and the memory; gradient [E, P], rate [E]."""
        raise NotImplementedError

    @staticmethod
    def trained(weight: str) -> bool:
        """Whether a weight of this name is trained."""
        return True


@dataclass(frozen=True)
class KerasCode:
    """The parts of a plain Keras script that a mitigation changes; see suite/export/keras_code.py for the script.

    layer, output       arguments of the recurrent layer, and of the dense one after it
    functions           definitions that the arguments name
    optimizer           the optimizer in place of SGD, with {rate} for the learning rate
    optimizer_arguments further arguments of the optimizer
    window              steps that a gradient goes back, as in truncated backpropagation
    """

    layer: Mapping[str, str] = field(default_factory=dict)
    output: Mapping[str, str] = field(default_factory=dict)
    functions: str = ""
    optimizer: str | None = None
    optimizer_arguments: Mapping[str, Any] = field(default_factory=dict)
    window: int | None = None


def norms(gradient: tf.Tensor) -> tf.Tensor:
    """Euclidean, [E, P] -> [E]."""
    import tensorflow as tf

    return tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1))


def random_normal(shape: Sequence[int], now: Now, stream: int) -> tf.Tensor:
    """Standard normal numbers of this step, [E, *shape], from each trial's own seed, whichever others share its program; `stream` tells their uses apart."""
    import tensorflow as tf

    return tf.map_fn(
        lambda seed: tf.random.stateless_normal(shape, seed=tf.stack([seed + stream * 1_000_003, now.step])), now.seed, fn_output_signature=tf.float32
    )
