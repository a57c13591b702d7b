"""Inputs that are the same for every sample: nothing can be learned from them but a constant."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

MIN_VARIES = 1e-6  # of the largest absolute value, the rounding of a float
MIN_TRUNCATED = 0.5  # of the values that an Embedding looks up


def in_keras(training):
    """All inputs together, or one whose numbers an Embedding cuts off."""
    inputs = [given for given in training.setup.inputs if given.shape]
    cut = [given for given in inputs if given.embedded and given.truncated > MIN_TRUNCATED]
    for given in cut:
        yield finding(
            training,
            "uninformative_input",
            what=f"{name_of(given)} holds fractions, and an Embedding takes whole numbers: it cuts them off.",
            why=f"{given.truncated:.0%} of the values are not whole; what is left of them tells few samples apart; {training.outcome.sentence}.",
            advice="Give the whole numbers of the words or categories as they are, without scaling; give quantities to a Dense or recurrent layer instead.",
        )
    if cut or not inputs or len(inputs) < len(training.setup.inputs) or any(given.varies > MIN_VARIES or not given.finite for given in inputs):
        return
    yield finding(
        training,
        "uninformative_input",
        what="All samples have the same input.",
        why=f"no number of {' or '.join(name_of(given).replace('The', 'the', 1) for given in inputs)} differs from one sample to the next by more than "
        f"{max(given.varies for given in inputs):.0e} of the largest; so all predictions are equal; {training.outcome.sentence}.",
        advice="Look at two samples just before fit: look for a conversion to whole numbers, a division of whole numbers, or one row that is copied into all.",
        snippet="print(x[0], x[1], x.std(axis=0).max())\n",
    )


def name_of(given):
    return "The input" if given.name.startswith("keras_tensor") else f"The input {given.name}"


CRITERIA = {f"no number of any input differs between samples, or an Embedding cuts off more than {100 * MIN_TRUNCATED:g} % of the values": ANY}
CONSEQUENCES = ("input_scale", "dead", "saturated", "vanished", "rate_too_low", "rate_too_high", "contradictory_targets", "no_better_than_simple", "no_signal")
RULE = Rule("uninformative_input", keras=KerasRule(155, in_keras, CRITERIA, consequences=CONSEQUENCES))
