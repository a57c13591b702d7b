"""The base class of a mitigation: a named cure with typed parameters that acts at one or more of the hook points of training.

Every hook does nothing unless a mitigation overrides it, and a compiled program contains only the hooks that its conditions
override. Hooks that run inside a program are static and handle all trials of a cohort at once: every tensor has a leading trial
axis E, a parameter is a tensor [E], and results for trials that do not use the mitigation are discarded. No operation may mix
trials. Each ends with the same two arguments: `context`, a `StepContext`, and `params`, the mitigation's parameters. TensorFlow
is imported inside the hooks, so that mitigations can be listed and described without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from unvanish.suite.models import Model, Sizes, Weights
from unvanish.suite.models.effect import Effect
from unvanish.tasks import Task

if TYPE_CHECKING:
    import tensorflow as tf

Params = Mapping[str, "tf.Tensor"]  # a mitigation's parameters by name, [E] each
Slots = tuple["tf.Tensor", ...]  # variables that a mitigation carries from one training step to the next, [E, ...] each
SGD = "SGD({rate})"
ROUNDING = 1e-5  # relative; a threshold that a norm comes this close to in single precision counts as met
HOOK_POINTS: Mapping[str, tuple[str, ...]] = {
    "initial weights": ("init_weights",),
    "inputs": ("transform_inputs",),
    "cell": ("activation", "transform_preactivations", "transform_states"),
    "backward pass through time": ("bptt_mask", "step_penalty_gradient"),
    "loss": ("loss_penalty",),
    "gradient": ("transform_gradient",),
    "update": ("learning_rate", "update", "is_trainable"),
}


@dataclass(frozen=True)
class InitContext:
    """The network whose initial weights are drawn.

    model, sizes  what it is; `sizes.length` is the number of time steps of its sequences
    lag, seed     those of the trial
    random        `random(weight, block)` is the generator of one block of a weight, from the trial's seed
    """

    model: Model
    sizes: Sizes
    lag: int
    seed: int
    random: Callable[[str, int], np.random.Generator]


class StepContext(NamedTuple):
    """The step of a training at which a hook is called, the same for every hook that runs in a program.

    step      the training step, int32, counted from 1; 0 for `init_slots`. Where nothing is trained, in evaluations and probes, it is `steps`:
              these are of the network as it is used after its training
    steps     the number of training steps, int32
    lag       the lag of each trial's task, int32 [E]
    length    the number of time steps that the network is run over, int32. Of a longer array the rest is padding, whose values do not matter
    seed      the seed of each trial, int32 [E]
    training  whether this is a training step, a bool of Python: what acts in training alone, such as dropout, returns its input where it is False
    """

    step: tf.Tensor
    steps: tf.Tensor
    lag: tf.Tensor
    length: tf.Tensor
    seed: tf.Tensor
    training: bool


class Mitigation(BaseModel):
    """A mitigation. Its parameters are pydantic fields, so that a value that is not allowed is refused when a profile is read.

    Class attributes:

    | attribute              | meaning                                                                                             |
    |------------------------|-----------------------------------------------------------------------------------------------------|
    | `name`                 | the name in profiles, tables and reports                                                            |
    | `version`              | raised by hand when its numbers change; a plug-in without one is identified by its file             |
    | `title`, `detail`      | its name as the literature writes it, and its setting with parameters in braces; see `explain`      |
    | `summary`              | what it does, in half a sentence                                                                    |
    | `against`              | `exploding`, `vanishing` or `both`; `-` for no mitigation, `control` for a baseline that is no cure |
    | `reference`            | the papers that it comes from                                                                       |
    | `position`             | its rank in lists                                                                                   |
    | `source_rows`          | the rows of the source document that describe it                                                    |
    | `claim`                | the claim of the source document, in these rows, that rests on it; empty where none does            |
    | `rescues`              | the causes of failure from which `unvanish validate` predicts that it rescues at the rate of the    |
    |                        | trial that failed; None: no prediction, as where it has a grid of learning rates of its own         |
    | `rescues_at_best_rate` | the same at the rate that tuning chose for it                                                       |
    | `replaces`             | the parts of plain training that it replaces; one mitigation at most can replace a part             |
    | `learning_rate_grid`   | the optimizer whose grid of learning rates it is tuned on; None for that of SGD                     |
    | `trains_state`         | whether the weights that lead to the state are trained                                              |
    | `mask_counts_from_end` | whether `bptt_mask` of a longer sequence ends with that of a shorter one                            |
    | `keras_activation`     | Keras' name of the activation that replaces tanh; None where Keras has none                         |

    Hooks, by hook point:

    | hook point                 | hook                               | effect                                                      |
    |----------------------------|------------------------------------|-------------------------------------------------------------|
    | initial weights            | `init_weights`                     | draw or change them on the host, from the trial's seed      |
    | inputs                     | `transform_inputs`                 | change the sequences before the network sees them           |
    | cell                       | `activation`, `activation_slope`   | replace tanh as the activation of the state                 |
    |                            | `transform_preactivations`         | change the preactivations of the gates                      |
    |                            | `transform_states`                 | change the states after a time step                         |
    | backward pass through time | `bptt_mask`                        | block the gradients of some states at some time steps       |
    |                            | `step_penalty_gradient`            | penalise single steps of the backward pass                  |
    | loss                       | `loss_penalty`                     | add a penalty on the weights                                |
    | gradient                   | `transform_gradient`, `init_slots` | change all gradients of a trial together                    |
    | update                     | `learning_rate`                    | change the learning rate of a training step                 |
    |                            | `update`, `init_slots`             | replace the rule of SGD                                     |
    |                            | `is_trainable`                     | select the weights that are trained                         |
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: ClassVar[str]
    version: ClassVar[int] = 1
    summary: ClassVar[str]
    against: ClassVar[str]
    reference: ClassVar[str]
    position: ClassVar[int] = 99
    title: ClassVar[str] = ""
    detail: ClassVar[str] = ""
    source_rows: ClassVar[str] = ""
    claim: ClassVar[str] = ""
    rescues: ClassVar[frozenset[str] | None] = None
    rescues_at_best_rate: ClassVar[frozenset[str] | None] = None
    replaces: ClassVar[frozenset[str]] = frozenset()
    learning_rate_grid: ClassVar[str | None] = None
    trains_state: ClassVar[bool] = True
    mask_counts_from_end: ClassVar[bool] = False
    keras_activation: ClassVar[str | None] = None

    @property
    def parameters(self) -> dict[str, float]:
        """All parameters by name, with the defaults."""
        return self.model_dump()

    @classmethod
    def overrides(cls, hook: str) -> bool:
        """Return whether this mitigation overrides a hook."""
        return getattr(cls, hook) is not getattr(Mitigation, hook)

    @classmethod
    def hook_points(cls) -> tuple[str, ...]:
        """Return the hook points at which this mitigation acts."""
        return tuple(point for point, hooks in HOOK_POINTS.items() if any(map(cls.overrides, hooks)))

    # Where it applies.

    def not_applicable(self, model: Model) -> str | None:
        """Return why the mitigation has no meaning for a model; None where it has.

        By default one that only replaces the activation has none for a cell without an activation.
        """
        overridden = [hook for hooks in HOOK_POINTS.values() for hook in hooks if self.overrides(hook)]
        return "there is no activation to replace" if overridden == ["activation"] and not model.has_activation else None

    def max_backprop_steps(self, task: Task) -> int | None:
        """Return the largest number of time steps that a gradient goes back; None where it is not limited."""
        return None

    def could_act(self, task: Task, max_gradient_norm: float) -> bool:
        """Return whether it could have changed anything of a training that was done without it; where not, the trial is a copy of that one.

        `max_gradient_norm` is the largest norm of the gradient of all weights at any step; infinite where the training diverged. A mitigation that
        acts on the gradient is asked only where no other one of its combination changes the gradient.
        """
        return True

    def never_active(self, task: Task, gradient_changed_share: float) -> str | None:
        """Return which part of the mitigation had no effect on a finished trial; None where all of it had.

        `gradient_changed_share` is the share of training steps at which a mitigation changed the gradient.
        """
        return None

    # The same in plain Keras, and in a sentence.

    def keras_code(self, model: Model) -> KerasCode | None:
        """Return the parts of a Keras script that it changes, in which `length` is the number of steps; None where it takes more than a few lines."""
        return None

    def explain(self, effect: Effect) -> str:
        """Return a sentence on what it did to the tiny network of `unvanish explain`, which shows the mitigations that override this.

        All hooks but `step_penalty_gradient` run there, in double precision, so they must not name float32.
        """
        raise NotImplementedError

    # Hooks on the host.

    def init_weights(self, weights: Weights, context: InitContext) -> Weights:
        """Return the weights of one trial before training, without a trial axis."""
        return weights

    # Hooks inside a compiled program. Axes: T time, E trial, B batch, F input, H hidden, P all weights of a trial in one vector.

    @staticmethod
    def transform_inputs(inputs: tf.Tensor, context: StepContext, params: Params) -> tf.Tensor:
        """Return the sequences that the network is run over from those of the task, [T, E, B, F] -> the same.

        Weights are trained as if these were the task's own sequences, and the probe `input_gradient` measures the gradient with respect to
        them. T is the number of time steps that the network is run over: for a cell without memory those with a loss.
        """
        return inputs

    @staticmethod
    def activation(x: tf.Tensor, context: StepContext, params: Params) -> tf.Tensor:
        """Return the activation of the state, which replaces tanh, [..., E, B, H] -> the same. Override `activation_slope` with it."""
        raise NotImplementedError

    @staticmethod
    def activation_slope(value: tf.Tensor, context: StepContext, params: Params) -> tf.Tensor:
        """Return the derivative of `activation` where it has this value, [..., E, B, H] -> the same."""
        raise NotImplementedError

    @staticmethod
    def transform_preactivations(preactivations: Sequence[tf.Tensor], bias: Sequence[tf.Tensor], context: StepContext, params: Params) -> list[tf.Tensor]:
        """Return the preactivation of each gate, [E, B, H] each. `bias`, [E, H] each, is the part of them that is a bias."""
        return list(preactivations)

    @staticmethod
    def transform_states(new: tuple[tf.Tensor, ...], old: tuple[tf.Tensor, ...], context: StepContext, params: Params) -> tuple[tf.Tensor, ...]:
        """Return the states after a time step from those that the cell computes and those before it, [E, B, H] each."""
        return new

    @staticmethod
    def bptt_mask(length: int, n_states: int, context: StepContext, params: Params) -> tf.Tensor:
        """Return whether the gradient of a state passes from time step t to t - 1, bool [length, n_states, E] or broadcastable to it.

        `length` is `context.length` as an int of Python, or where `mask_counts_from_end` the length of the longest sequences that share the
        program: the last `context.length` rows are then those of the sequence.
        """
        raise NotImplementedError

    @staticmethod
    def step_penalty_gradient(
        d_after: tf.Tensor, d_preactivation: tf.Tensor, d_before: tf.Tensor, recurrent_kernel: tf.Tensor, context: StepContext, params: Params
    ) -> tf.Tensor:
        """Return the gradient of a penalty on one step of the backward pass, with respect to the recurrent kernel, [E, H, blocks * H].

        `d_after` is dL/dh(t), `d_before` the part of dL/dh(t-1) that passes through the preactivations, [E, B, H] each, `d_preactivation`
        dL/d(preactivation at t) of the gates with a block in the recurrent kernel, [E, B, blocks * H].
        """
        raise NotImplementedError

    @staticmethod
    def loss_penalty(weights: Mapping[str, tf.Tensor], context: StepContext, params: Params) -> tf.Tensor:
        """Return a penalty on the weights, [E], from each by name, [E, ...]. It is added to the loss that is minimised, not to the one that is reported."""
        raise NotImplementedError

    @staticmethod
    def init_slots(weights: tf.Tensor, context: StepContext, params: Params) -> Slots:
        """Return the slots of `transform_gradient` or `update` before the first training step, [E, ...] each; weights [E, P]. It runs outside the program."""
        return ()

    @staticmethod
    def transform_gradient(gradient: tf.Tensor, slots: Slots, context: StepContext, params: Params) -> tuple[tf.Tensor, tf.Tensor, Slots]:
        """Return the new gradient [E, P], whether it differs from the one given (bool [E]), and the new slots."""
        raise NotImplementedError

    @staticmethod
    def learning_rate(rate: tf.Tensor, context: StepContext, params: Params) -> tf.Tensor:
        """Return the learning rate of this training step, [E], from the trial's own."""
        return rate

    @staticmethod
    def update(gradient: tf.Tensor, rate: tf.Tensor, slots: Slots, context: StepContext, params: Params) -> tuple[tf.Tensor, Slots]:
        """Return the vector that is subtracted from the weights, [E, P], and the new slots; gradient [E, P], rate [E]."""
        raise NotImplementedError

    @staticmethod
    def is_trainable(weight: str) -> bool:
        """Return whether the weight of this name is trained."""
        return True


@dataclass(frozen=True)
class KerasCode:
    """The parts of a plain Keras script that a mitigation changes; suite/export/keras_code.py has the script.

    layer, output       arguments of the recurrent layer, and of the dense layer after it
    functions           definitions that the arguments name
    optimizer           the optimizer that replaces SGD, with {rate} for the learning rate
    optimizer_arguments further arguments of the optimizer
    window              the number of time steps of truncated backpropagation
    """

    layer: Mapping[str, str] = field(default_factory=dict)
    output: Mapping[str, str] = field(default_factory=dict)
    functions: str = ""
    optimizer: str | None = None
    optimizer_arguments: Mapping[str, Any] = field(default_factory=dict)
    window: int | None = None

    def snippet(self, keras_class: str = "SimpleRNN") -> str:
        """Return the layer and the optimizer alone, one a line, each where it differs from Keras' SimpleRNN or LSTM trained by SGD."""
        lines = [self.functions.strip("\n")] if self.functions else []
        if self.layer:
            lines.append(f"keras.layers.{keras_class}({', '.join(['units', *(f'{name}={value}' for name, value in self.layer.items())])})")
        if self.optimizer or self.optimizer_arguments:
            lines.append(f"keras.optimizers.{self.optimizer_call('learning_rate')}")
        return "\n".join([*lines, ""]) if lines else ""

    def optimizer_call(self, rate: str) -> str:
        """Return the constructor of the optimizer at a learning rate."""
        arguments = [f"{name}={value:g}" for name, value in self.optimizer_arguments.items()]
        return ", ".join([(self.optimizer or SGD).format(rate=rate)[:-1], *arguments]) + ")"


def norms(gradient: tf.Tensor) -> tf.Tensor:
    """Return the Euclidean norm of each trial's vector, [E, P] -> [E]."""
    import tensorflow as tf

    return tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1))


def random_normal(shape: Sequence[int], context: StepContext, stream: int) -> tf.Tensor:
    """Draw standard normal numbers for this training step, [E, *shape], from each trial's own seed.

    `stream` is unique to each use of this function. Where nothing is trained, the numbers are the same each time.
    """
    import tensorflow as tf

    return draw_by_trial(tf.random.stateless_normal, shape, context, stream)


def random_uniform(shape: Sequence[int], context: StepContext, stream: int) -> tf.Tensor:
    """Draw numbers from [0, 1) as `random_normal` does normal ones, [E, *shape]; `stream` is unique among the uses of both."""
    import tensorflow as tf

    return draw_by_trial(tf.random.stateless_uniform, shape, context, stream)


def draw_by_trial(draw: Callable[..., tf.Tensor], shape: Sequence[int], context: StepContext, stream: int) -> tf.Tensor:
    """Draw numbers for this training step, [E, *shape], from each trial's own seed; `draw(shape, seed=...)` draws those of one trial."""
    import tensorflow as tf

    step = context.step if context.training else 0
    return tf.map_fn(lambda seed: draw(shape, seed=tf.stack([seed + stream * 1_000_003, step])), context.seed, fn_output_signature=tf.float32)
