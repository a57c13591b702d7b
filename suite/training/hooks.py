"""The hook points of a compiled program: plain training, with the effect of each mitigation on the trials that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import tensorflow as tf

from unvanish.suite.mitigations import CheckedHooks, Mitigation, Params, Slots, StepContext
from unvanish.suite.training.settings import Settings, Tensors

SlotsByName = dict[str, Slots]  # by the name of a mitigation


class Hooks:
    """The hooks of a program's mitigations, called for all trials of a cohort: shapes have the trial axis E first."""

    def __init__(self, mitigations: Sequence[type[Mitigation]]) -> None:
        self.mitigations = tuple(mitigations)

    def overridden(self, hook: str) -> bool:
        """Return whether any mitigation overrides a hook."""
        return any(mitigation.overrides(hook) for mitigation in self.mitigations)

    def overriding(self, hook: str, settings: Settings) -> Iterator[tuple[CheckedHooks, tf.Tensor, Params]]:
        """Yield each mitigation that overrides a hook, which trials use it (bool [E]), and its parameters."""
        for mitigation in self.mitigations:
            if mitigation.overrides(hook):
                active, params = settings.uses[mitigation.name]
                yield CheckedHooks(mitigation, active.shape[0]), active, params

    # Inputs.

    def transform_inputs(self, inputs: tf.Tensor, context: StepContext, settings: Settings) -> tuple[tf.Tensor, Settings]:
        """Return the sequences that the network is run over and settings that index these, from inputs [T, S, B, F].

        Trials of one seed share their sequences, unless a mitigation transforms them: then each trial has its own, [T, E, B, F].
        """
        if not self.overridden("transform_inputs"):
            return inputs, settings
        inputs = tf.gather(inputs, settings.sequence_index, axis=1)
        for mitigation, active, params in self.overriding("transform_inputs", settings):
            inputs = tf.where(per_unit(active), mitigation.transform_inputs(inputs, context, params), inputs)
        return inputs, settings.with_own_sequences()

    # Cell.

    def activation(self, x: tf.Tensor, context: StepContext, settings: Settings) -> tf.Tensor:
        """Return the activation of the state, tanh unless a mitigation replaces it: [..., E, B, H] -> the same."""
        value = tf.tanh(x)
        for mitigation, active, params in self.overriding("activation", settings):
            value = tf.where(per_unit(active), mitigation.activation(x, context, params), value)
        return value

    def activation_slope(self, value: tf.Tensor, context: StepContext, settings: Settings) -> tf.Tensor:
        """Return the derivative of the activation where it has this value, [..., E, B, H] -> the same."""
        slope = 1 - tf.square(value)
        for mitigation, active, params in self.overriding("activation", settings):
            slope = tf.where(per_unit(active), mitigation.activation_slope(value, context, params), slope)
        return slope

    @property
    def transforms_preactivations(self) -> bool:
        """Return whether a gate's preactivation cannot be derived from its value."""
        return self.overridden("transform_preactivations")

    def transform_preactivations(self, preactivations: list[tf.Tensor], bias: list[tf.Tensor], context: StepContext, settings: Settings) -> list[tf.Tensor]:
        """Return the preactivations of the gates, [E, B, H] each, from those of the cell and the biases in them, [E, H] each."""
        for mitigation, active, params in self.overriding("transform_preactivations", settings):
            transformed = mitigation.transform_preactivations(preactivations, bias, context, params)
            preactivations = [tf.where(per_unit(active), new, old) for new, old in zip(transformed, preactivations, strict=True)]
        return preactivations

    def transform_states(self, new: tuple[tf.Tensor, ...], old: tuple[tf.Tensor, ...], context: StepContext, settings: Settings) -> tuple[tf.Tensor, ...]:
        """Return the states after a time step from those that the cell computes and those before it, [..., E, B, H] each."""
        for mitigation, active, params in self.overriding("transform_states", settings):
            transformed = mitigation.transform_states(new, old, context, params)
            new = tuple(tf.where(per_unit(active), changed, plain) for changed, plain in zip(transformed, new, strict=True))
        return new

    # Backward pass through time.

    def bptt_mask(self, length: int, n_states: int, context: StepContext, settings: Settings) -> tf.Tensor | None:
        """Return whether a state's gradient passes from time step t to t - 1, bool [length, n_states, E]; None where all of them do."""
        masks = [
            tf.broadcast_to(mitigation.bptt_mask(length, n_states, context, params) | ~active, [length, n_states, active.shape[0]])
            for mitigation, active, params in self.overriding("bptt_mask", settings)
        ]
        return reduce(tf.logical_and, masks) if masks else None

    @property
    def penalizes_backward_steps(self) -> bool:
        """Return whether a mitigation penalises single steps of the backward pass."""
        return self.overridden("step_penalty_gradient")

    def step_penalty_gradient(
        self, d_after: tf.Tensor, d_preactivation: tf.Tensor, d_before: tf.Tensor, recurrent_kernel: tf.Tensor, context: StepContext, settings: Settings
    ) -> tf.Tensor:
        """Return the gradient of all penalties on one step of the backward pass with respect to the recurrent kernel, [E, H, blocks * H]."""
        step, zero = (d_after, d_preactivation, d_before, recurrent_kernel), tf.zeros_like(recurrent_kernel)
        return sum(
            select(active, mitigation.step_penalty_gradient(*step, context, params), zero)
            for mitigation, active, params in self.overriding("step_penalty_gradient", settings)
        )

    # Loss.

    def loss_penalty_gradients(self, weights: Tensors, context: StepContext, settings: Settings) -> Tensors:
        """Return the gradients of all penalties on the weights, [E, ...] each; empty where there is no penalty."""
        if not self.overridden("loss_penalty"):
            return {}
        with tf.GradientTape() as tape:
            tape.watch(weights)
            penalties = self.overriding("loss_penalty", settings)
            total = sum(tf.where(active, mitigation.loss_penalty(weights, context, params), 0.0) for mitigation, active, params in penalties)
        return tape.gradient(total, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    # Gradient and update; weights and gradients are vectors, [E, P].

    def init_slots(self, weights: tf.Tensor, context: StepContext, settings: Settings) -> SlotsByName:
        """Return the slots of all mitigations before the first training step."""
        return {mitigation.name: mitigation.init_slots(weights, context, params) for mitigation, _, params in self.overriding("init_slots", settings)}

    def transform_gradient(self, gradient: tf.Tensor, slots: SlotsByName, context: StepContext, settings: Settings) -> tuple[tf.Tensor, tf.Tensor, SlotsByName]:
        """Return the new gradient, whether a mitigation changed it (bool [E]), and the new slots."""
        gradient_changed = tf.zeros(gradient.shape[:1], tf.bool)
        for mitigation, active, params in self.overriding("transform_gradient", settings):
            transformed, changed, new_slots = mitigation.transform_gradient(gradient, slots.get(mitigation.name, ()), context, params)
            gradient, gradient_changed = select(active, transformed, gradient), gradient_changed | (changed & active)
            slots = slots | ({mitigation.name: new_slots} if new_slots else {})
        return gradient, gradient_changed, slots

    def update(self, gradient: tf.Tensor, slots: SlotsByName, context: StepContext, settings: Settings) -> tuple[tf.Tensor, SlotsByName]:
        """Return the vector that is subtracted from the weights, rate times gradient unless a mitigation replaces it, and the new slots."""
        rate = settings.learning_rate
        for mitigation, active, params in self.overriding("learning_rate", settings):
            rate = tf.where(active, mitigation.learning_rate(rate, context, params), rate)
        update = rate[:, None] * gradient
        for mitigation, active, params in self.overriding("update", settings):
            replaced, new_slots = mitigation.update(gradient, rate, slots.get(mitigation.name, ()), context, params)
            update, slots = select(active, replaced, update), slots | ({mitigation.name: new_slots} if new_slots else {})
        return update, slots

    def trainable_mask(self, mask_for: Callable[[Callable[[str], bool]], tf.Tensor], settings: Settings) -> tf.Tensor | None:
        """Return which elements of the weight vector are trained, bool [E, P]; None where all are.

        `mask_for` is `Packing.mask_for`.
        """
        masks = [mask_for(mitigation.is_trainable)[None] | ~active[:, None] for mitigation, active, _ in self.overriding("is_trainable", settings)]
        return reduce(tf.logical_and, masks) if masks else None


def per_unit(active: tf.Tensor) -> tf.Tensor:
    """Reshape [E] to [E, 1, 1], which broadcasts with [..., E, B, H] and [T, E, B, F]."""
    return active[:, None, None]


def select(active: tf.Tensor, changed: tf.Tensor, plain: tf.Tensor) -> tf.Tensor:
    """Return `changed` for the trials that are active and `plain` for the others, [E, ...]."""
    return tf.where(tf.reshape(active, [-1] + [1] * (plain.shape.rank - 1)), changed, plain)
