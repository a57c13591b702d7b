"""Block the gradient through the hidden state of an LSTM at random time steps."""

from typing import Annotated

from pydantic import Field

from unvanish.suite.mitigations.mitigation import Mitigation, random_normal


class HDetach(Mitigation):
    """At each time step the gradient of the hidden state is blocked with a probability; that of the cell never is (Kanuparthi et al. 2019, section 3.2).

    The mask is drawn anew for every time step and training step, and is the same for all sequences of a batch.
    """

    name = "h_detach"
    summary = "the gradient does not go back through the hidden state at random steps, so that it does not drown the gradient through the cell"
    against = "both"
    reference = "Kanuparthi et al. 2019"
    position = 18

    probability: Annotated[float, Field(gt=0, le=1)] = 0.25

    def not_applicable(self, model):
        return None if len(getattr(model, "states", ())) > 1 else "there is no cell beside the hidden state"

    @staticmethod
    def bptt_mask(length, n_states, context, params):
        import tensorflow as tf

        uniform = tf.transpose(0.5 * tf.math.erfc(random_normal([length], context, stream=2) / 2**0.5))  # [T, E]
        others = tf.ones([length, n_states - 1, uniform.shape[1]], tf.bool)
        return tf.concat([(uniform >= params["probability"])[:, None], others], axis=1)


MITIGATION = HDetach
