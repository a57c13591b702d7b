"""An output whose activation, size or targets do not fit its loss."""

from unvanish.suite.diagnosis.fitting_outputs import are_classes, evenly_spread, fitting
from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, KerasRule, Rule, finding

PROBABILITIES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
REGRESSION = ("mean_squared_error", "mean_absolute_error", "huber_loss", "huber", "mean_squared_logarithmic_error", "log_cosh")
QUANTITIES = (*REGRESSION, "mean_absolute_percentage_error", "poisson", "logcosh")
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}
TOLERANCE = 0.05  # of the targets' standard deviation, by which they may lie outside an activation's range
SQUASHING = ("softmax", "sigmoid")
# each fault: what it is, and what to try
LABELS = ("The classes are not numbered from 0, so one of them has no output unit.", "Subtract {low} from the classes, so that they are numbered from 0.")
MISSING_CLASS = ("Some classes have no output unit.", "Number the classes from 0 and give the last layer one unit each: {units}.")
BROADCAST = ("The size of the output is not that of the targets.", "Give the last layer as many units as a target has numbers.")
TWICE = ("The output goes through its activation twice.", "Leave the activation of the last layer out.")
NO_CLASSES = ("The output is no probability.", "Use softmax, or give the loss from_logits=True.")
NO_PROBABILITY = ("The output is no probability.", "Use sigmoid, or give the loss from_logits=True.")
INDEPENDENT = ("Softmax with the loss of independent answers.", "Use categorical_crossentropy for one class of several, sigmoid for several at once.")
CLASSES_AS_NUMBERS = ("Classes are trained with the loss of a regression.", "Use categorical_crossentropy.")
OUT_OF_REACH = ("The output cannot reach the targets.", "Leave the activation of the last layer out.")


def in_keras(training):
    """What is wrong with each output: its size, then its targets, or else its activation and its range."""
    for output in training.setup.outputs:
        size = wrong_size(output)
        faults = [size, *([wrong_activation(output)] if size and size[0][0] in (LABELS[0], MISSING_CLASS[0]) else [])]
        if not size:
            faults = [
                next(filter(None, (wrong_targets(output), wrong_activation(output), wrong_range(output), classes_as_numbers(output, training.outcome))), None)
            ]
        for fault in filter(None, faults):
            (what, advice), why, snippet = fault
            yield finding(training, "wrong_output", what, f"Output {output.name}: {why}", advice, snippet)


def fit_for(output, what, why):
    """A fault whose advice is the last layer and loss that fit the targets."""
    fit = fitting(output)
    return (what, fit.advice), f"{why}; the targets are {fit.targets}.", fit.snippet


def wrong_size(output):
    """A softmax over one unit, a class without a unit, or a prediction that is broadcast against its targets."""
    if output.activation == "softmax" and output.size == 1:
        return fit_for(output, "The output is constant.", "softmax over 1 unit is always 1, whatever the weights")
    if output.loss == "categorical_crossentropy" and output.size == 1:
        return fit_for(output, "The loss is always 0.", "categorical_crossentropy divides outputs by their sum, and 1 unit over itself is always 1")
    if output.loss == "sparse_categorical_crossentropy" and output.target_finite and (output.target_high >= output.size or output.target_low < 0):
        return wrong_labels(output)
    if output.loss in (*REGRESSION, "binary_crossentropy"):
        predicted, target = output.shape, output.target_shape
        trailing = target if len(target) == len(predicted) else (*target, 1)
        if len(trailing) == len(predicted) and any(a != b and 1 in (a, b) for a, b in zip(predicted, trailing, strict=True)):
            why = f"predictions have the shape {predicted} and targets {target}; the loss repeats the shorter along the longer, without a word."
            return broadcast(output, why, trailing)
    return None


def wrong_labels(output):
    """Classes without a unit: numbered from 1, or more than there are units."""
    low, high, units = int(output.target_low), int(output.target_high), output.size
    why = f"classes go from {low} to {high}, and there are {units} units, for the classes 0 to {units - 1}."
    if low > 0 and high - low < units:
        return (LABELS[0], LABELS[1].format(low=low)), why, f"y = y - {low}  # then they go from 0 to {high - low}\n"
    if units == 1:
        return fit_for(output, MISSING_CLASS[0], why.rstrip("."))
    if low < 0:
        snippet = f"_, y = np.unique(y, return_inverse=True)  # numbers them from 0\nkeras.layers.Dense({high - low + 1})\n"
        return (MISSING_CLASS[0], MISSING_CLASS[1].format(units=high - low + 1)), why, snippet
    return (MISSING_CLASS[0], MISSING_CLASS[1].format(units=high + 1)), why, f'keras.layers.Dense({high + 1}, activation="softmax")\n'


def broadcast(output, why, trailing):
    """A prediction at every step for targets of the last one alone, or another number of units."""
    if len(output.shape) > 1 and output.size == trailing[-1]:
        advice = "Let the last recurrent layer return its last step alone (return_sequences=False), or give a target for every step."
        return (BROADCAST[0], advice), why, "keras.layers.LSTM(units)  # without return_sequences=True\n"
    return BROADCAST, why, f"keras.layers.Dense({trailing[-1]})\n"


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
        if output.activation in ("", "linear"):
            return NO_CLASSES, f"{output.loss} takes probabilities that sum to 1; {range_before}.", f"keras.losses.{loss}(from_logits=True)\n"
        advice = f"Use softmax instead of {output.activation}."
        return (
            (NO_CLASSES[0], advice),
            f"{output.loss} takes probabilities that sum to 1; {range_before}.",
            f'keras.layers.Dense({output.size}, activation="softmax")\n',
        )
    if output.loss == "binary_crossentropy" and output.activation == "softmax" and output.size > 1:
        if output.labels is not None and not output.one_hot:
            return fit_for(output, "Several answers at once under a softmax.", "softmax makes the outputs sum to 1, so no two of them can be near 1")
        why = "binary_crossentropy takes every unit for a yes or no of its own; softmax makes them sum to 1."
        return INDEPENDENT, why, 'loss="categorical_crossentropy"\n'
    if output.loss == "binary_crossentropy" and output.activation != "sigmoid" and no_probability:
        if output.activation in ("", "linear"):
            return NO_PROBABILITY, f"binary_crossentropy takes probabilities; {range_before}.", "keras.losses.BinaryCrossentropy(from_logits=True)\n"
        advice = f"Use sigmoid instead of {output.activation}."
        return (
            (NO_PROBABILITY[0], advice),
            f"binary_crossentropy takes probabilities; {range_before}.",
            f'keras.layers.Dense({output.size}, activation="sigmoid")\n',
        )
    if output.loss in REGRESSION and output.activation == "softmax" and output.one_hot:
        why = f"softmax with {output.loss} on one-hot targets has a gradient near zero wherever the model is sure and wrong."
        return CLASSES_AS_NUMBERS, why, 'loss="categorical_crossentropy"\n'
    return None


def wrong_targets(output):
    """Targets that are no probabilities, or several labels where one is expected."""
    if output.loss == "categorical_crossentropy" and output.labels is not None and output.labels[1] > 1:
        return fit_for(
            output, "Several answers at once under a softmax.", "categorical_crossentropy takes one class a sample, and softmax makes the outputs sum to 1"
        )
    takes_probabilities = output.target_finite and output.loss in ("binary_crossentropy", "categorical_crossentropy")
    if takes_probabilities and (output.target_low < 0 or output.target_high > 1):
        why = f"{output.loss} takes targets from 0 to 1; they go from {output.target_low:g} to {output.target_high:g}"
        return fit_for(output, "The targets do not fit the loss.", why)
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
    if are_classes(output) and evenly_spread(output) and output.accuracy:
        return fit_for(output, "Classes are trained with the loss of a regression.", why.rstrip("."))
    return OUT_OF_REACH, why, f"keras.layers.Dense({output.size})\n"


def classes_as_numbers(output, outcome):
    """Numbers of classes as the targets of a regression: where accuracy is asked for, or nothing is learned and all are about as frequent."""
    if output.loss not in REGRESSION or output.size != 1 or not are_classes(output):
        return None
    if not output.accuracy and not (outcome.word == "baseline" and evenly_spread(output)):
        return None
    asked = "accuracy is asked for" if output.accuracy else outcome.sentence
    why = f"{output.loss} takes class 2 for twice class 1, and a mistake of two classes for worse than of one; {asked}"
    return fit_for(output, "Classes are trained with the loss of a regression.", why)


CRITERIA = {
    "activation, size or targets of an output do not fit its loss": ANY,
    "few consecutive whole numbers, each about as frequent, are trained with the loss of a regression": NOT_LEARNED,
}
CONSEQUENCES = (
    "dead", "saturated", "rate_too_low", "vanished", "rate_too_high", "exploded", "target_scale", "too_short", "optimizer_setting", "over_regularised",
    "overfitting", "train_eval_mismatch", "class_never_predicted", "no_better_than_simple", "no_signal", "not_finite_operation",
)  # fmt: skip
RULE = Rule("wrong_output", keras=KerasRule(200, in_keras, CRITERIA, consequences=CONSEQUENCES))
