"""Inputs far from a standard deviation of one, which no layer brings there."""

from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, KerasRule, Rule, finding

MAX_MAGNITUDE = 30.0  # of the 99th percentile of the absolute values, in a model that does not learn
MAX_MAGNITUDE_LEARNING = 100.0  # in any model
MIN_DEVIATION = 1e-2  # in a model that does not learn


def in_keras(training):
    """Every input that is too large or too small."""
    outcome = training.outcome
    for given in training.setup.inputs:
        if given.normalised or not given.finite or given.deviation == 0:
            continue
        large = given.magnitude > MAX_MAGNITUDE_LEARNING or (given.magnitude > MAX_MAGNITUDE and outcome.not_learned)
        if not large and not (given.deviation < MIN_DEVIATION and outcome.not_learned):
            continue
        name = "The input" if given.name.startswith("keras_tensor") else f"The input {given.name}"  # Keras numbers those without a name
        yield finding(
            training,
            "input_scale",
            what=f"{name} is {'large' if large else 'small'} beside the weights that meet it.",
            why=f"99 % of its absolute values are up to {given.magnitude:.3g}, their standard deviation is {given.deviation:.3g}; "
            f"weights are drawn for inputs with a standard deviation near 1; {outcome.sentence}.",
            advice="Standardise the inputs, with the mean and the standard deviation of the training data.",
            snippet="normalise = keras.layers.Normalization()\nnormalise.adapt(x)  # then make it the first layer of the model\n",
        )


CRITERIA = {
    f"the 99th percentile of the absolute inputs is above {MAX_MAGNITUDE_LEARNING:g}, and no layer normalises them": ANY,
    f"it is above {MAX_MAGNITUDE:g}, or their deviation is below {MIN_DEVIATION:g}": NOT_LEARNED,
}
RULE = Rule(
    "input_scale", keras=KerasRule(400, in_keras, CRITERIA, consequences=("saturated", "dead", "exploded", "rate_too_high", "vanished", "rate_too_low"))
)
