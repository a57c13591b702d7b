"""A mask that hides time steps which are data: the value that it takes for padding occurs among them.

Padding stands at one end of a sequence. A hidden step between two others can be a missing value that is marked on purpose, so it is a finding only
where the places of the hidden steps say more of the target than the model has learned, or where the model does not learn.
"""

from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding

MIN_BETWEEN = 0.1  # share of the samples with a hidden step between others
MIN_INTERIOR = 0.5  # share of the hidden tokens between others: an index that marks padding stands at the ends
GOOD_SCORE = 0.8  # a model that is better than this does without the tokens that are hidden
MIN_EMPTY = 0.05  # share of the samples that are hidden as a whole
MIN_SCORE = 0.1  # of a linear model of the places of hidden steps
MARGIN = 0.1  # by which that must be better than the trained model


def in_keras(training):
    """Each mask that hides data."""
    outcome = training.outcome
    for mask in training.masks:
        places = f"a linear model of which steps are hidden scores {mask.score:.2f}, the trained model {outcome.score:.2f}"
        hides = (
            f"{mask.layer} hides {mask.hidden:.0%} of all time steps, those whose {'token is' if mask.kind == 'Embedding' else 'values all are'} {mask.value:g}"
        )
        inside = f"in {mask.between:.0%} of the samples a hidden step stands between two that are not hidden, where no padding is"
        informative = mask.between >= MIN_BETWEEN and mask.score >= MIN_SCORE and not outcome.score > mask.score - MARGIN
        token = mask.kind == "Embedding" and mask.between >= MIN_BETWEEN and mask.interior >= MIN_INTERIOR
        if token and outcome.score < GOOD_SCORE:
            shares = f"{mask.interior:.0%} of the hidden steps stand between two that are not hidden, where no padding is"
            yield masked_data(training, mask, f"{hides}; {shares}; {outcome.sentence}.")
        elif informative:
            yield masked_data(training, mask, f"{hides}; {inside}; {places}.")
        elif mask.between >= MIN_BETWEEN and outcome.not_learned:
            yield masked_data(training, mask, f"{hides}; {inside}; {outcome.sentence}.")
        elif mask.empty >= MIN_EMPTY and outcome.not_learned:
            yield masked_data(training, mask, f"{hides}, and {mask.empty:.0%} of the samples as a whole; {outcome.sentence}.")


def masked_data(training, mask, why):
    """The finding, with another value to mark padding by."""
    if mask.kind == "Embedding":
        advice = "Number the tokens from 1, so that 0 marks padding alone, or leave mask_zero out."
        snippet = f'keras.layers.Embedding(tokens + 1, units, mask_zero=True)  # of x + 1, padded with 0; the layer is "{mask.layer}"\n'
    else:
        advice = "Leave the mask out, or pad with a value that no data have, and give that to the mask."
        snippet = "x[is_padding] = -999.0  # a value that no data have\nkeras.layers.Masking(mask_value=-999.0)\n"
    return finding(training, "masked_data", f"The mask of {mask.layer} hides time steps that are data.", why, advice, snippet)


CRITERIA = {
    f"at least {100 * MIN_INTERIOR:g} % of the tokens that an Embedding masks stand between others": f"score below {GOOD_SCORE:g}",
    f"in at least {100 * MIN_BETWEEN:g} % of the samples a mask hides a step between others, and the places of hidden steps "
    f"score {MARGIN:g} more than the model": ANY,
    f"in as many samples a mask hides a step between others, or it hides at least {100 * MIN_EMPTY:g} % of the samples as a whole": NOT_LEARNED,
}
RULE = Rule("masked_data", keras=KerasRule(260, in_keras, CRITERIA, consequences=("truncated", "contradictory_targets", *STEPS, *RESULTS)))
