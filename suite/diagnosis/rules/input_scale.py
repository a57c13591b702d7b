"""Inputs far from a standard deviation of one, which no layer brings there."""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, finding

MAX_MAGNITUDE = 30.0  # of the 99th percentile of the absolute values, in a model that does not learn
MAX_MAGNITUDE_LEARNING = 100.0  # in any model
GOOD_SCORE = 0.9  # but in one that has learned that well all the same
MIN_DEVIATION = 1e-2  # in a model that does not learn
COLUMN_RATIO = 100.0  # of one column's values over those of the typical one, in a model that does not learn


def in_keras(training):
    """Every input that is too large or too small, or one column of it among small ones."""
    outcome = training.outcome
    for given in training.setup.inputs:
        if given.normalised or not given.finite or given.deviation == 0:
            continue
        large = (given.magnitude > MAX_MAGNITUDE_LEARNING and not outcome.score >= GOOD_SCORE) or (given.magnitude > MAX_MAGNITUDE and outcome.not_learned)
        column = not large and outcome.not_learned and given.column_magnitude > max(MAX_MAGNITUDE, COLUMN_RATIO * given.median_magnitude)
        if not large and not column and not (given.deviation < MIN_DEVIATION and outcome.not_learned):
            continue
        name = "The input" if given.name.startswith("keras_tensor") else f"The input {given.name}"  # Keras numbers those without a name
        what = f"Column {given.column} of {name[0].lower()}{name[1:]} is" if column else f"{name} is"
        largest = (
            f"column {given.column} has values up to {given.column_magnitude:.3g} and a standard deviation of {given.column_deviation:.3g}, "
            f"the typical column up to {given.median_magnitude:.3g}; "
            if given.column is not None and given.column_magnitude > COLUMN_RATIO * given.median_magnitude
            else ""
        )
        yield finding(
            training,
            "input_scale",
            what=f"{what} {'large' if large or column else 'small'} beside the weights that meet it.",
            why=f"99 % of its absolute values are up to {given.magnitude:.3g}, their standard deviation is {given.deviation:.3g}; {largest}"
            f"weights are drawn for inputs with a standard deviation near 1; {outcome.sentence}.",
            advice="Standardise the inputs, with the mean and the standard deviation of the training data.",
            snippet="normalise = keras.layers.Normalization()\nnormalise.adapt(x)  # then make it the first layer of the model\n",
        )


CRITERIA = {
    f"the 99th percentile of the absolute inputs is above {MAX_MAGNITUDE_LEARNING:g}, and no layer normalises them": f"score below {GOOD_SCORE:g}",
    f"it is above {MAX_MAGNITUDE:g}, of all or of a column {COLUMN_RATIO:g} times as large as the typical one, or their deviation is below "
    f"{MIN_DEVIATION:g}": NOT_LEARNED,
}
CONSEQUENCES = ("frozen", "saturated", "dead", "exploded", "rate_too_high", "vanished", "rate_too_low", "too_short", "no_better_than_simple", "no_signal")
RULE = Rule("input_scale", keras=KerasRule(295, in_keras, CRITERIA, consequences=CONSEQUENCES))
