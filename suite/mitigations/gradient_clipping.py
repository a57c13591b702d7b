"""Shorten a gradient that is too long."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation, norms


def clip_by_norm(gradient, threshold):
    """g min(1, threshold / |g|) and whether that changed it; gradient [E, P], threshold [E].

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

    def inert(self, task, acted_share):
        return "clipping changed no gradient" if acted_share == 0 else None

    def keras_code(self, model, task):
        return KerasCode(optimizer_arguments={"global_clipnorm": self.threshold})

    @staticmethod
    def change_gradient(gradient, memory, now, p):
        return *clip_by_norm(gradient, p["threshold"]), memory


MITIGATION = GradientClipping
