"""The places of a program at which mitigations act: plain training, with what each mitigation changes for the trials that use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from unvanish.suite.mitigations import Memory, Mitigation, Now
from unvanish.suite.training.settings import Settings, Tensors

Memories = dict[str, Memory]  # by the name of a mitigation


class Places:
    """What a program does at each place, for all trials of a cohort: shapes have the trial axis E first."""

    def __init__(self, mitigations: Sequence[type[Mitigation]]) -> None:
        self.mitigations = tuple(mitigations)

    def having(self, method: str) -> list[type[Mitigation]]:
        """The mitigations that do something there."""
        return [mitigation for mitigation in self.mitigations if mitigation.overrides(method)]

    # The cell: [..., E, B, H] -> the same.

    def activation(self, x: tf.Tensor, settings: Settings) -> tf.Tensor:
        """The state's activation: tanh unless a mitigation replaces it."""
        value = tf.tanh(x)
        for mitigation in self.having("activation"):
            use = settings.uses[mitigation.name]
            value = tf.where(in_layer(use.on), mitigation.activation(x, use.parameters), value)
        return value

    def slope(self, value: tf.Tensor, settings: Settings) -> tf.Tensor:
        """The activation's derivative where it has this value."""
        slope = 1 - tf.square(value)
        for mitigation in self.having("activation"):
            use = settings.uses[mitigation.name]
            slope = tf.where(in_layer(use.on), mitigation.slope(value, use.parameters), slope)
        return slope

    @property
    def changes_sums(self) -> bool:
        """Whether a gate's sum cannot be known from its value alone."""
        return bool(self.having("change_sums"))

    def sums(self, sums: list[tf.Tensor], bias: list[tf.Tensor], settings: Settings) -> list[tf.Tensor]:
        """The gates' sums before their functions, from those of the cell and the biases in them, [E, H] each."""
        for mitigation in self.having("change_sums"):
            use = settings.uses[mitigation.name]
            changed = mitigation.change_sums(sums, bias, use.parameters)
            sums = [tf.where(in_layer(use.on), new, old) for new, old in zip(changed, sums, strict=True)]
        return sums

    def states(self, new: tuple[tf.Tensor, ...], old: tuple[tf.Tensor, ...], settings: Settings) -> tuple[tf.Tensor, ...]:
        """The states after a time step, from those that the cell proposes and those before it."""
        for mitigation in self.having("change_states"):
            use = settings.uses[mitigation.name]
            changed = mitigation.change_states(new, old, use.parameters)
            new = tuple(tf.where(in_layer(use.on), mine, plain) for mine, plain in zip(changed, new, strict=True))
        return new

    # The way back.

    def passes(self, length: int, n_states: int, now: Now, settings: Settings) -> tf.Tensor | None:
        """Whether a state's gradient passes from step t to t - 1, bool [length, n_states, E]; None where all of them do."""
        found = None
        for mitigation in self.having("gradient_passes"):
            use = settings.uses[mitigation.name]
            mine = tf.broadcast_to(mitigation.gradient_passes(length, n_states, now, use.parameters) | ~use.on, [length, n_states, use.on.shape[0]])
            found = mine if found is None else found & mine
        return found

    @property
    def penalizes_steps_back(self) -> bool:
        """Whether a penalty needs to see each step of the way back."""
        return bool(self.having("penalty_gradient"))

    def penalty_gradient(self, after: tf.Tensor, of_sums: tf.Tensor, before: tf.Tensor, recurrent_kernel: tf.Tensor, settings: Settings) -> tf.Tensor:
        """The gradient of penalties on one step back, with respect to the recurrent kernel [E, H, H]."""
        return sum(
            choose(use.on, mitigation.penalty_gradient(after, of_sums, before, recurrent_kernel, use.parameters), tf.zeros_like(recurrent_kernel))
            for mitigation in self.having("penalty_gradient")
            for use in [settings.uses[mitigation.name]]
        )

    # The loss.

    def penalty_gradients(self, weights: Tensors, settings: Settings) -> Tensors:
        """The gradients of all penalties on the weights; empty where there is none."""
        penalizing = self.having("penalty")
        if not penalizing:
            return {}
        with tf.GradientTape() as tape:
            tape.watch(weights)
            uses = [(mitigation, settings.uses[mitigation.name]) for mitigation in penalizing]
            total = sum(tf.where(use.on, mitigation.penalty(weights, use.parameters), 0.0) for mitigation, use in uses)
        return tape.gradient(total, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    # The gradient and the update; weights and gradients are vectors, [E, P].

    def first_memories(self, weights: tf.Tensor, steps: int) -> Memories:
        """What mitigations keep from step to step, before the first of `steps`."""
        return {mitigation.name: mitigation.first_memory(weights, steps) for mitigation in self.having("first_memory")}

    def gradient(self, gradient: tf.Tensor, memories: Memories, now: Now, settings: Settings) -> tuple[tf.Tensor, tf.Tensor, Memories]:
        """The gradient, whether a mitigation changed it (bool [E]), and the memories."""
        acted = tf.zeros(gradient.shape[:1], tf.bool)
        for mitigation in self.having("change_gradient"):
            use = settings.uses[mitigation.name]
            changed, mine, memory = mitigation.change_gradient(gradient, memories.get(mitigation.name, ()), now, use.parameters)
            gradient, acted, memories = choose(use.on, changed, gradient), acted | (mine & use.on), memories | ({mitigation.name: memory} if memory else {})
        return gradient, acted, memories

    def step(self, gradient: tf.Tensor, memories: Memories, now: Now, settings: Settings) -> tuple[tf.Tensor, Memories]:
        """What is subtracted from the weights: rate times gradient, unless a mitigation replaces it; and the memories."""
        rate = settings.learning_rate
        for mitigation in self.having("rate"):
            use = settings.uses[mitigation.name]
            rate = tf.where(use.on, mitigation.rate(rate, now, use.parameters), rate)
        step = rate[:, None] * gradient
        for mitigation in self.having("step"):
            use = settings.uses[mitigation.name]
            mine, memory = mitigation.step(gradient, rate, memories.get(mitigation.name, ()), now, use.parameters)
            step, memories = choose(use.on, mine, step), memories | ({mitigation.name: memory} if memory else {})
        return step, memories

    def trained(self, of_places: Callable[[Callable[[str], bool]], tf.Tensor], settings: Settings) -> tf.Tensor | None:
        """Which places of the weights' vector are trained, bool [E, P]; None where all are. `of_places` marks places by the name of their weight."""
        found = None
        for mitigation in self.having("trained"):
            mine = of_places(mitigation.trained)[None] | ~settings.uses[mitigation.name].on[:, None]
            found = mine if found is None else found & mine
        return found


def in_layer(on: tf.Tensor) -> tf.Tensor:
    """[E] as [E, 1, 1], which goes with [..., E, B, H]."""
    return on[:, None, None]


def choose(on: tf.Tensor, changed: tf.Tensor, plain: tf.Tensor) -> tf.Tensor:
    """[E, ...]: trial by trial one of the two."""
    return tf.where(tf.reshape(on, [-1] + [1] * (plain.shape.rank - 1)), changed, plain)
