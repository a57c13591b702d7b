"""Scale a gradient down to a largest norm."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation, norms


def clip_by_norm(gradient, threshold):
    """Return g min(1, threshold / |g|), and whether that differs from g (bool [E]); gradient [E, P], threshold [E].

    The norm is infinite where a square overflows, as in `tf.clip_by_global_norm`.
    """
    import tensorflow as tf

    norm = norms(gradient)
    too_long = norm > threshold
    return gradient * tf.where(too_long, threshold / norm, 1.0)[:, None], too_long


class GradientClipping(Mitigation):
    """Clipping by the norm of all gradients together (Pascanu et al. 2013, algorithm 1)."""

    name = "gradient_clipping"
    summary = "the gradient, all weights together, is scaled down to a norm of at most the threshold"
    against = "exploding"
    reference = "Pascanu et al. 2013; the source document, S11"
    position = 3
    source_rows = "S11"
    replaces = frozenset({"clipping by norm"})

    threshold: PositiveFloat = 1.0

    def never_active(self, task, gradient_changed_share):
        return "clipping changed no gradient" if gradient_changed_share == 0 else None

    def keras_code(self, model, task):
        return KerasCode(optimizer_arguments={"global_clipnorm": self.threshold})

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        return *clip_by_norm(gradient, params["threshold"]), slots


MITIGATION = GradientClipping
