"""An output whose activation, size or targets do not fit its loss."""

from unvanish.suite.debugger.finding import Rule, found

PROBABILITIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
REGRESSION = ("mean_squared_error", "mean_absolute_error", "huber_loss", "huber", "mean_squared_logarithmic_error", "log_cosh")
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}
TOLERANCE = 0.05  # of the targets' standard deviation, by which they may lie outside an activation's range
SQUASHING = ("softmax", "sigmoid")


def look(record, outcome):
    for output in record.setup.outputs:
        for check in (wrong_size, wrong_activation, wrong_targets, wrong_range):
            answer = check(output)
            if answer:
                what, why, advice, snippet = answer
                return found("wrong_output", record, 0, what, f"Output {output.name}: {why}", advice, snippet)
    return None


def wrong_size(output):
    """A softmax over one unit, a prediction that is broadcast against its targets, a class without a unit."""
    if output.activation == "softmax" and output.size == 1:
        why = "softmax over 1 unit is always 1, whatever the weights."
        advice = "Use sigmoid with binary_crossentropy for two classes, or one unit a class."
        return "The output is constant.", why, advice, 'keras.layers.Dense(1, activation="sigmoid")  # loss="binary_crossentropy"\n'
    if output.loss == "sparse_categorical_crossentropy" and output.target_finite and (output.target_high >= output.size or output.target_low < 0):
        why = f"classes go from {output.target_low:g} to {output.target_high:g}, and there are {output.size} units."
        return (
            "Some classes have no output unit.",
            why,
            "Number the classes from 0 and give the last layer one unit each.",
            f"keras.layers.Dense({int(output.target_high) + 1})\n",
        )
    if output.loss in (*REGRESSION, "binary_crossentropy"):
        predicted, given = output.shape, output.target_shape
        trailing = given if len(given) == len(predicted) else (*given, 1)
        if len(trailing) == len(predicted) and any(a != b and 1 in (a, b) for a, b in zip(predicted, trailing, strict=True)):
            why = f"predictions have the shape {predicted} and targets {given}; the loss repeats the shorter along the longer, without a word."
            units = given[-1] if len(given) == len(predicted) else 1
            return (
                "The size of the output is not that of the targets.",
                why,
                "Give the last layer as many units as a target has numbers.",
                f"keras.layers.Dense({units})\n",
            )
    return None


def wrong_activation(output):
    """Logits where probabilities are expected, or the other way round."""
    known = output.activation not in ("", "linear")
    if output.from_logits and output.activation in SQUASHING:
        why = f"the loss {output.loss} has from_logits=True and applies {output.activation} itself, to outputs that have been through it already."
        return "The output goes through its activation twice.", why, "Leave the activation of the last layer out.", f"keras.layers.Dense({output.size})\n"
    if output.from_logits:
        return None
    outside = output.low < 0 or output.high > 1
    if output.loss in PROBABILITIES and output.activation != "softmax" and (known or outside):
        why = f"{output.loss} takes probabilities that sum to 1; {given(output)}."
        advice = "Use softmax, or give the loss from_logits=True."
        return "The output is no probability.", why, advice, f"keras.losses.{camel(output.loss)}(from_logits=True)\n"
    if output.loss == "binary_crossentropy" and output.activation == "softmax" and output.size > 1:
        why = "binary_crossentropy takes every unit for a yes or no of its own; softmax makes them sum to 1."
        advice = "Use categorical_crossentropy for one class of several, sigmoid for several at once."
        return "Softmax with the loss of independent answers.", why, advice, 'loss="categorical_crossentropy"\n'
    if output.loss == "binary_crossentropy" and output.activation != "sigmoid" and (known or outside):
        why = f"binary_crossentropy takes probabilities; {given(output)}."
        advice = "Use sigmoid, or give the loss from_logits=True."
        return "The output is no probability.", why, advice, "keras.losses.BinaryCrossentropy(from_logits=True)\n"
    if output.loss in REGRESSION and output.activation == "softmax" and output.one_hot:
        why = f"softmax with {output.loss} on one-hot targets has a gradient near zero wherever the model is sure and wrong."
        return "Classes are trained with the loss of a regression.", why, "Use categorical_crossentropy.", 'loss="categorical_crossentropy"\n'
    return None


def given(output):
    return f"the activation is {output.activation or 'linear'}, predictions before training go from {output.low:.3g} to {output.high:.3g}"


def wrong_targets(output):
    """Targets that are no probabilities."""
    if not output.target_finite or output.loss not in ("binary_crossentropy", "categorical_crossentropy"):
        return None
    if output.target_low < 0 or output.target_high > 1:
        why = f"{output.loss} takes targets from 0 to 1; they go from {output.target_low:g} to {output.target_high:g}."
        return "The targets do not fit the loss.", why, "Use sparse_categorical_crossentropy for numbered classes, a regression loss for quantities.", ""
    return None


def wrong_range(output):
    """Targets that the activation of the last layer cannot reach."""
    if output.loss not in REGRESSION or output.activation not in RANGES or not output.target_finite:
        return None
    low, high = RANGES[output.activation]
    margin = TOLERANCE * output.target_deviation
    if output.target_low < low - margin or output.target_high > high + margin:
        why = f"{output.activation} puts out values from {low:g} to {high:g}; targets go from {output.target_low:.3g} to {output.target_high:.3g}."
        advice = "Leave the activation of the last layer out."
        return "The output cannot reach the targets.", why, advice, f"keras.layers.Dense({output.size})\n"
    return None


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


RULE = Rule("wrong_output", 20, "activation, size or targets of an output do not fit its loss", look)
