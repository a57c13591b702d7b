"""Let the gradient of an LSTM go back along its cell more often than along its hidden state."""

from typing import Annotated

from pydantic import Field

from unvanish.suite.mitigations.mitigation import Mitigation, random_normal


class HDetach(Mitigation):
    """At each step, with a probability, no gradient goes back into the hidden state; the cell's always does (Kanuparthi et al. 2019, section 3.2).

    Whether it does is drawn anew for every step of a sequence and of training, and is the same for all sequences of a batch.
    """

    name = "h_detach"
    summary = "the gradient does not go back through the hidden state at random steps, so that the cell's way is not drowned"
    against = "both"
    reference = "Kanuparthi et al. 2019"
    position = 18

    probability: Annotated[float, Field(gt=0, le=1)] = 0.25

    def not_applicable(self, model):
        return None if len(getattr(model, "states", ())) > 1 else "there is no cell beside the hidden state"

    @staticmethod
    def gradient_passes(length, n_states, now, p):
        import tensorflow as tf

        uniform = tf.transpose(0.5 * tf.math.erfc(random_normal([length], now, stream=2) / 2**0.5))  # [T, E]
        others = tf.ones([length, n_states - 1, uniform.shape[1]], tf.bool)
        return tf.concat([(uniform >= p["probability"])[:, None], others], axis=1)


MITIGATION = HDetach
