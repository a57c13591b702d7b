"""Add noise to the gradient, with a variance that decays over training."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import Mitigation, random_normal

GAMMA = 0.55  # Neelakantan et al. (2015), section 3


class GradientNoise(Mitigation):
    """g <- g + N(0, s^2), s^2 = eta / (1 + t)^0.55 at step t (Neelakantan et al. 2015, equation 1), counted from 0."""

    name = "gradient_noise"
    summary = "Gaussian noise, whose variance falls with the steps, is added to every gradient"
    against = "vanishing"
    reference = "Neelakantan et al. 2015"
    position = 15

    eta: PositiveFloat = 0.01

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        import tensorflow as tf

        deviation = tf.sqrt(params["eta"] / tf.cast(context.step, tf.float32) ** GAMMA)
        noise = random_normal(gradient.shape[1:], context, stream=1)
        return gradient + deviation[:, None] * noise, tf.ones_like(deviation, tf.bool), slots


MITIGATION = GradientNoise
