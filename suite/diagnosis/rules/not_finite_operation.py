"""An operation whose inputs are finite and of an ordinary size, and whose output or gradient is not finite.

The square root has an infinite slope at 0, the logarithm no value there, and 0 / 0 is no number; a gradient of infinity times 0 is NaN, also in the
branch that `where` does not take. Neither clipping nor another cell changes that.
"""

from unvanish.suite.diagnosis.rule import RESULTS, STEPS, KerasRule, Rule, finding

ADVICE = (
    "Keep the operation away from the point: add a small number within the square root or the logarithm, or to the divisor; "
    "with where, make the input of both branches finite. Clipping cannot help."
)
SNIPPET = "keras.ops.sqrt(squares + 1e-7)\nkeras.ops.log(keras.ops.maximum(p, 1e-7))\na / keras.ops.maximum(b, 1e-7)\n"


def in_keras(training):
    """The place of such an operation, of a training that does not end well."""
    origin = training.origin
    if origin is None or origin.kind != "operation" or training.outcome.learning:
        return
    what = f"The {'gradient' if origin.direction == 'backward' else 'output'} of {origin.place} is not finite, though what enters is."
    yield finding(
        training,
        "not_finite_operation",
        what,
        why=f"{origin.sentence}; what enters is finite, and at most {origin.magnitude:.3g} in size, so nothing has overflowed; {training.outcome.sentence}.",
        advice=ADVICE,
        snippet=SNIPPET,
        step=origin.step,
    )


def otherwise(training):
    """A value that is not finite, of which neither the place nor another cause was found."""
    outcome, origin = training.outcome, training.origin
    if outcome.word != "diverged":
        return
    if origin is not None and origin.kind == "growth":
        what = "Values grow until one is not finite."
        advice = "Divide the learning rate by 10, and look at the first steps of the loss for where it begins to rise."
    else:
        what = "A value that is not finite appears, and its place was not found."
        advice = "Look for square roots, logarithms and divisions in layers and losses of your own; tf.debugging.enable_check_numerics() names the operation."
    looked = origin.sentence if origin is not None else "inputs, targets and the weights before training are finite"
    yield finding(training, "not_finite_operation", what, f"{looked}; {outcome.sentence}.", advice, step=origin.step if origin is not None else 0)


CRITERIA = {"an output or a gradient is not finite though what enters is finite and below 1e6": "diverged, or no better than a constant"}
CONSEQUENCES = ("half_precision", *STEPS, *RESULTS)
RULE = Rule("not_finite_operation", keras=KerasRule(120, in_keras, CRITERIA, consequences=CONSEQUENCES, otherwise=otherwise))
