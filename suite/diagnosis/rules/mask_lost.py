"""A mask that a layer makes and that does not reach the recurrent layer or the loss behind it: both then count padding as data."""

from unvanish.suite.diagnosis.rule import RESULTS, STEPS, KerasRule, Rule, finding
from unvanish.suite.diagnosis.sequence_facts import LOSS

MIN_TRAILING = 0.1  # share of all steps that is padding at the end: less of it does no harm
GOOD_SCORE = 0.5  # a model that is better than this does well enough without the mask


def in_keras(training):
    """The first mask that gets lost, where it would have hidden enough and the model has not learned well."""
    outcome = training.outcome
    lost = [mask for mask in training.masks if mask.missed_by and (mask.trailing >= MIN_TRAILING or (mask.missed_by == LOSS and mask.hidden >= MIN_TRAILING))]
    if not lost or outcome.score >= GOOD_SCORE:
        return
    mask = lost[0]
    yield finding(
        training,
        "mask_lost",
        what=f"The mask of {mask.layer} does not reach {mask.missed_by}.",
        why=f"{mask.lost_in} takes a masked input and passes no mask on, so {mask.missed_by} reads the {mask.hidden:.0%} of the time steps that are padding "
        f"as data; {outcome.sentence}.",
        advice=advice(mask),
        snippet=snippet(mask),
    )


def advice(mask):
    """What to do at the loss, or at a recurrent layer."""
    if mask.missed_by == LOSS:
        return "Give the padded steps a sample_weight of 0, or use layers that pass masks on."
    return f"Give the mask to {mask.missed_by} itself, or pass it on in {mask.lost_in} (supports_masking = True where it keeps the time axis)."


def snippet(mask):
    """Keras code for it."""
    if mask.missed_by == LOSS:
        return "model.fit(x, y, sample_weight=(x != 0).astype('float32'))  # one weight a time step\n"
    return "mask = keras.ops.not_equal(tokens, 0)\nstate = keras.layers.LSTM(units)(features, mask=mask)  # mask and features have one length\n"


CRITERIA = {
    f"a layer loses the mask before a recurrent layer or the loss, and at least {100 * MIN_TRAILING:g} % of all steps are hidden": f"score below {GOOD_SCORE:g}"
}
RULE = Rule("mask_lost", keras=KerasRule(270, in_keras, CRITERIA, consequences=("unmasked_padding", "truncated", *STEPS, *RESULTS)))
