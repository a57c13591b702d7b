"""Half precision that is not enough: float16 ends at 65504, is 0 below 6e-8, and has three digits, so that a step below 0.05 % of a weight is lost."""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding


def in_keras(training):
    """The place of a value that does not fit, or weights that are stored in float16, of a model that does not learn."""
    origin, outcome = training.origin, training.outcome
    if origin is not None and origin.kind == "half_precision" and outcome.word == "diverged":
        why = f"{origin.sentence}; float16 ends at 65504 and is 0 below 6e-8; {outcome.sentence}."
        yield not_enough(training, "A value does not fit into half precision.", why, origin.step)
        return
    half = [layer.name for layer in training.setup.layers if layer.half and layer.trainable]
    if half and outcome.word == "baseline":
        why = (
            f"the weights of {len(half)} layers, {half[0]} first, and what {training.setup.optimizer} keeps of their gradients are float16: the square of a "
            f"gradient below 2e-4 is 0 there, and a step below 0.05 % of a weight is lost; {outcome.sentence}."
        )
        yield not_enough(training, "Weights and their updates are in half precision, and the model does not learn.", why, 0)


def not_enough(training, what, why, step):
    """The finding, with what to try in either case."""
    advice = "Use mixed_float16, which keeps weights and updates in single precision and scales the loss, or bfloat16, or float32."
    return finding(training, "half_precision", what, why, advice, 'keras.config.set_dtype_policy("mixed_float16")\n', step)


CRITERIA = {
    "a value that is not finite is born in float16, from large values or in an update": "diverged",
    "trained weights are float16": NOT_LEARNED,
}
RULE = Rule("half_precision", keras=KerasRule(480, in_keras, CRITERIA, consequences=(*STEPS, *RESULTS)))
