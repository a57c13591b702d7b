"""Scale a gradient down to a largest norm."""

from pydantic import PositiveFloat

from unvanish.suite.mitigations.mitigation import ROUNDING, KerasCode, Mitigation, norms
from unvanish.suite.models.effect import exponential


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
    title = "clipping"
    detail = "norm at most {threshold:g}"
    summary = "the gradient, all weights together, is scaled down to a norm of at most the threshold"
    against = "exploding"
    reference = "Pascanu et al. 2013; the source document, S11"
    position = 3
    source_rows = "S11"
    claim = "Against exploding: clipping."
    rescues = frozenset({"exploded"})  # a rate that is too high leaves a clipped step too long; what is weak or has vanished never meets the threshold
    rescues_at_best_rate = frozenset({"exploded", "rate_too_high", "weak"})  # it makes the larger rate safe that a weak gradient needs
    replaces = frozenset({"clipping by norm"})

    threshold: PositiveFloat = 1.0

    def could_act(self, task, max_gradient_norm):
        return max_gradient_norm > self.threshold * (1 - ROUNDING)

    def never_active(self, task, gradient_changed_share):
        return "clipping changed no gradient" if gradient_changed_share == 0 else None

    def keras_code(self, model):
        return KerasCode(optimizer_arguments={"global_clipnorm": self.threshold})

    def explain(self, effect):
        norm = f"all gradients together have a norm of {effect.gradient_norm:.3g}"
        if effect.gradient_norm <= self.threshold:
            return f"Does nothing: only a norm above {self.threshold:g} is shortened, and {norm}."
        if effect.kind == "vanishing":
            return f"Does not help: clipping can only shorten. Here {norm}, so each is divided by that, the vanished one too."
        plain = effect.plain
        step = f"{norm}, so each is divided by that: the weight moves by {abs(effect.change):.2g} instead of {abs(plain.change):.3g}"
        if effect.vanished_after:
            return f"Bounds the step, and no more: {step}, but its next gradient is {exponential(effect.gradient_after)}, as good as vanished."
        return f"Helps: {step}. Its next gradient is {effect.gradient_after:.2g}, where without clipping it was {exponential(plain.gradient_after)}."

    @staticmethod
    def transform_gradient(gradient, slots, context, params):
        return *clip_by_norm(gradient, params["threshold"]), slots


MITIGATION = GradientClipping
