"""Equal inputs with different targets: nothing tells these samples apart."""

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, finding
from unvanish.suite.diagnosis.rules.wrong_output import QUANTITIES

MIN_SHARE = 0.3  # of the samples that have an input in common with others
MAX_SCORE = 0.3  # of a recurrent model of quantities, whose windows may be too short to tell them apart
MIN_SPREAD = 0.7  # of the variance of all targets that is found among equal inputs


def in_keras(training):
    """Where many samples have the inputs of others, and their targets differ nearly as much as any two targets do."""
    equal = training.data.equal_inputs if training.data is not None else None
    if equal is None or equal.share < MIN_SHARE or equal.spread < MIN_SPREAD:
        return
    of_quantities = training.setup.recurrent and all(output.loss in QUANTITIES and not output.values for output in training.setup.outputs)
    if not training.outcome.not_learned and not (of_quantities and training.outcome.score < MAX_SCORE):
        return  # noisy labels of a few inputs are learned as far as they can be
    yield finding(
        training,
        "contradictory_targets",
        what="Equal inputs have different targets.",
        why=f"{equal.share:.0%} of the samples have the same input as another one, and among these the targets vary by {equal.spread:.0%} of the variance "
        f"of all targets; {training.outcome.sentence}.",
        advice="Look at samples with equal inputs: inputs that were cut or rounded, targets in another order than the inputs, a column that is missing, "
        "or windows that are too short.",
        snippet="_, group, count = np.unique(x.reshape(len(x), -1), axis=0, return_inverse=True, return_counts=True)\nprint(y[group == count.argmax()])\n",
    )


CRITERIA = {
    f"at least {100 * MIN_SHARE:g} % of the samples have the input of another one, and their targets vary by {100 * MIN_SPREAD:g} % of the variance of "
    "all targets": NOT_LEARNED
}
CONSEQUENCES = ("no_signal", "no_better_than_simple", "vanished", "rate_too_low", "too_short")
RULE = Rule("contradictory_targets", keras=KerasRule(665, in_keras, CRITERIA, consequences=CONSEQUENCES))
