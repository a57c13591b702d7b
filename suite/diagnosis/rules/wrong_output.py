"""An output whose activation, size or targets do not fit its loss."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

PROBABILITIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
REGRESSION = ("mean_squared_error", "mean_absolute_error", "huber_loss", "huber", "mean_squared_logarithmic_error", "log_cosh")
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}
TOLERANCE = 0.05  # of the targets' standard deviation, by which they may lie outside an activation's range
SQUASHING = ("softmax", "sigmoid")
# each fault: what it is, and what to try
CONSTANT = ("The output is constant.", "Use sigmoid with binary_crossentropy for two classes, or one unit a class.")
MISSING_CLASS = ("Some classes have no output unit.", "Number the classes from 0 and give the last layer one unit each.")
BROADCAST = ("The size of the output is not that of the targets.", "Give the last layer as many units as a target has numbers.")
TWICE = ("The output goes through its activation twice.", "Leave the activation of the last layer out.")
NO_CLASSES = ("The output is no probability.", "Use softmax, or give the loss from_logits=True.")
NO_PROBABILITY = ("The output is no probability.", "Use sigmoid, or give the loss from_logits=True.")
INDEPENDENT = ("Softmax with the loss of independent answers.", "Use categorical_crossentropy for one class of several, sigmoid for several at once.")
CLASSES_AS_NUMBERS = ("Classes are trained with the loss of a regression.", "Use categorical_crossentropy.")
NO_TARGETS = ("The targets do not fit the loss.", "Use sparse_categorical_crossentropy for numbered classes, a regression loss for quantities.")
OUT_OF_REACH = ("The output cannot reach the targets.", "Leave the activation of the last layer out.")


def in_keras(training):
    """The first thing that is wrong with each output."""
    for output in training.setup.outputs:
        for check in (wrong_size, wrong_activation, wrong_targets, wrong_range):
            fault = check(output)
            if fault:
                (what, advice), why, snippet = fault
                yield finding(training, "wrong_output", what, f"Output {output.name}: {why}", advice, snippet)
                break


def wrong_size(output):
    """A softmax over one unit, a class without a unit, or a prediction that is broadcast against its targets."""
    if output.activation == "softmax" and output.size == 1:
        snippet = 'keras.layers.Dense(1, activation="sigmoid")  # loss="binary_crossentropy"\n'
        return CONSTANT, "softmax over 1 unit is always 1, whatever the weights.", snippet
    if output.loss == "sparse_categorical_crossentropy" and output.target_finite and (output.target_high >= output.size or output.target_low < 0):
        why = f"classes go from {output.target_low:g} to {output.target_high:g}, and there are {output.size} units."
        return MISSING_CLASS, why, f"keras.layers.Dense({int(output.target_high) + 1})\n"
    if output.loss in (*REGRESSION, "binary_crossentropy"):
        predicted, target = output.shape, output.target_shape
        trailing = target if len(target) == len(predicted) else (*target, 1)
        if len(trailing) == len(predicted) and any(a != b and 1 in (a, b) for a, b in zip(predicted, trailing, strict=True)):
            why = f"predictions have the shape {predicted} and targets {target}; the loss repeats the shorter along the longer, without a word."
            return BROADCAST, why, f"keras.layers.Dense({trailing[-1]})\n"
    return None


def wrong_activation(output):
    """Logits where probabilities are expected, or the other way round."""
    if output.from_logits and output.activation in SQUASHING:
        why = f"the loss {output.loss} has from_logits=True and applies {output.activation} itself, to outputs that have been through it already."
        return TWICE, why, f"keras.layers.Dense({output.size})\n"
    if output.from_logits:
        return None
    no_probability = output.activation not in ("", "linear") or output.low < 0 or output.high > 1
    range_before = f"the activation is {output.activation or 'linear'}, predictions before training go from {output.low:.3g} to {output.high:.3g}"
    if output.loss in PROBABILITIES and output.activation != "softmax" and no_probability:
        loss = "".join(part.capitalize() for part in output.loss.split("_"))  # Keras' class of it
        return NO_CLASSES, f"{output.loss} takes probabilities that sum to 1; {range_before}.", f"keras.losses.{loss}(from_logits=True)\n"
    if output.loss == "binary_crossentropy" and output.activation == "softmax" and output.size > 1:
        why = "binary_crossentropy takes every unit for a yes or no of its own; softmax makes them sum to 1."
        return INDEPENDENT, why, 'loss="categorical_crossentropy"\n'
    if output.loss == "binary_crossentropy" and output.activation != "sigmoid" and no_probability:
        return NO_PROBABILITY, f"binary_crossentropy takes probabilities; {range_before}.", "keras.losses.BinaryCrossentropy(from_logits=True)\n"
    if output.loss in REGRESSION and output.activation == "softmax" and output.one_hot:
        why = f"softmax with {output.loss} on one-hot targets has a gradient near zero wherever the model is sure and wrong."
        return CLASSES_AS_NUMBERS, why, 'loss="categorical_crossentropy"\n'
    return None


def wrong_targets(output):
    """Targets that are no probabilities."""
    takes_probabilities = output.target_finite and output.loss in ("binary_crossentropy", "categorical_crossentropy")
    if takes_probabilities and (output.target_low < 0 or output.target_high > 1):
        return NO_TARGETS, f"{output.loss} takes targets from 0 to 1; they go from {output.target_low:g} to {output.target_high:g}.", ""
    return None


def wrong_range(output):
    """Targets that the activation of the last layer cannot reach."""
    if output.loss not in REGRESSION or output.activation not in RANGES or not output.target_finite:
        return None
    low, high = RANGES[output.activation]
    margin = TOLERANCE * output.target_deviation
    if low - margin <= output.target_low and output.target_high <= high + margin:
        return None
    why = f"{output.activation} puts out values from {low:g} to {high:g}; targets go from {output.target_low:.3g} to {output.target_high:.3g}."
    return OUT_OF_REACH, why, f"keras.layers.Dense({output.size})\n"


RULE = Rule(
    "wrong_output",
    keras=KerasRule(
        200,
        in_keras,
        {"activation, size or targets of an output do not fit its loss": ANY},
        consequences=("dead", "saturated", "rate_too_low", "vanished", "rate_too_high", "exploded", "no_signal"),
    ),
)
