"""Inputs far from a standard deviation of one, which no layer brings there."""

from unvanish.suite.debugger.finding import Rule, found

LARGE = 30.0  # of the 99th percentile of the absolute values, in a model that does not learn
HUGE = 100.0  # in any model
SMALL = 1e-2  # of the standard deviation, in a model that does not learn


def look(record, outcome):
    for given in record.setup.inputs:
        if given.normalised or not given.finite or given.deviation == 0:
            continue
        large = given.magnitude > HUGE or (given.magnitude > LARGE and outcome.not_learned)
        small = given.deviation < SMALL and outcome.not_learned
        if not large and not small:
            continue
        return found(
            "input_scale",
            record,
            0,
            f"{named(given.name)} is {'large' if large else 'small'} beside the weights that meet it.",
            f"99 % of its absolute values are up to {given.magnitude:.3g}, their standard deviation is {given.deviation:.3g}; "
            f"weights are drawn for inputs with a standard deviation near 1; {outcome.sentence}.",
            "Standardise the inputs, with the mean and the standard deviation of the training data.",
            "normalise = keras.layers.Normalization()\nnormalise.adapt(x)  # then make it the first layer of the model\n",
        )
    return None


def named(name):
    """An input as a reader knows it: Keras numbers those that were given no name."""
    return "The input" if name.startswith("keras_tensor") else f"The input {name}"


RULE = Rule("input_scale", 40, "inputs are not normalised", look)
