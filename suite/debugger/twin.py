"""A model with weights of its own that computes what another does, for models that cannot be made again from their configuration."""

from __future__ import annotations

from typing import Any

import keras


class Twin(keras.Model):
    """Call a model with other weights than its own, by Keras' stateless call; nothing of the model is changed.

    Most subclassed models have no configuration from which Keras could make a second one.
    """

    def __init__(self, original: keras.Model) -> None:
        super().__init__(name=f"twin_of_{original.name}")
        self.original = lambda: original  # within a function, so that Keras does not count the original's weights as this model's
        self.own_trainable = [self.same_variable(variable) for variable in original.trainable_variables]
        self.own_others = [self.same_variable(variable) for variable in original.non_trainable_variables]
        self.built = True

    def same_variable(self, variable: Any) -> Any:
        """A variable of the same kind and value."""
        own = self.add_weight(shape=variable.shape, dtype=variable.dtype, trainable=variable.trainable, initializer="zeros", name=variable.name)
        own.assign(variable.value)
        return own

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The outputs of the original with these weights; what it changes besides them, such as moving means, is changed here."""
        trainable, others = [each.value for each in self.own_trainable], [each.value for each in self.own_others]
        named = {"training": training} if self.original()._call_has_training_arg else {}
        outputs, changed, losses = self.original().stateless_call(trainable, others, inputs, return_losses=True, **named)
        for own, value in zip(self.own_others, changed, strict=True):
            own.assign(value)
        for loss in losses:
            self.add_loss(loss)
        return outputs

    def set_original_weights(self, weights: list[Any]) -> None:
        """Take weights in the order in which the original has them."""
        original = self.original()
        own = dict(zip(map(id, [*original.trainable_variables, *original.non_trainable_variables]), [*self.own_trainable, *self.own_others], strict=True))
        for variable, value in zip(original.weights, weights, strict=True):
            own[id(variable)].assign(value)
