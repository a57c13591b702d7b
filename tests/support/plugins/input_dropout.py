"""Dropout of inputs."""

from typing import Annotated

from pydantic import Field

from unvanish.plugins import Mitigation, random_uniform


class InputDropout(Mitigation):
    """In training each element of the inputs is 0 with a probability, and the others are divided by that of being kept (Srivastava et al. 2014)."""

    name = "input_dropout"
    summary = "elements of the inputs are dropped at random in training"
    against = "both"
    reference = "Srivastava et al. 2014"

    probability: Annotated[float, Field(ge=0, lt=1)] = 0.25

    @staticmethod
    def transform_inputs(inputs, context, params):
        import tensorflow as tf

        if not context.training:
            return inputs
        length, _, batch, features = inputs.shape
        uniform = tf.transpose(random_uniform([length, batch, features], context, stream=101), [1, 0, 2, 3])  # [time, trial, batch, input]
        dropped = params["probability"][:, None, None]
        return tf.where(uniform >= dropped, inputs / (1 - dropped), 0.0)


MITIGATION = InputDropout
