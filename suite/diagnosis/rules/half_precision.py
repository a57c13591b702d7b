"""A value beyond the range of half precision, which ends at 65504 and is 0 below 6e-8, of a training that diverges."""

from unvanish.suite.diagnosis.rule import RESULTS, STEPS, KerasRule, Rule, finding


def in_keras(training):
    """The place of such a value."""
    origin = training.origin
    if origin is None or origin.kind != "half_precision" or training.outcome.word != "diverged":
        return
    yield finding(
        training,
        "half_precision",
        what="A value does not fit into half precision.",
        why=f"{origin.sentence}; float16 ends at 65504 and is 0 below 6e-8; {training.outcome.sentence}.",
        advice="Use mixed_float16, which keeps weights and updates in single precision and scales the loss, or bfloat16, or float32.",
        snippet='keras.config.set_dtype_policy("mixed_float16")\n',
        step=origin.step,
    )


CRITERIA = {"a value that is not finite is born in float16, from large values or in an update": "diverged"}
RULE = Rule("half_precision", keras=KerasRule(480, in_keras, CRITERIA, consequences=(*STEPS, *RESULTS)))
