"""Targets that are all the same: a constant answers them, and no input can say more."""

from unvanish.suite.diagnosis.rule import ANY, RESULTS, STEPS, KerasRule, Rule, finding
from unvanish.suite.diagnosis.rules.wrong_output import PROBABILITIES, REGRESSION

COMPARING = (*PROBABILITIES, *REGRESSION, "binary_crossentropy")  # a loss of the user's own may be given targets that it does not read


def in_keras(training):
    """Every output whose targets do not vary over the given samples."""
    for output in training.setup.outputs:
        if output.loss in COMPARING and output.target_finite and output.target_low == output.target_high:
            yield finding(
                training,
                "constant_target",
                what="The targets are all the same.",
                why=f"every target of {output.name} in the given samples is {output.target_low:g}, so there is nothing to tell apart.",
                advice="Look at how the targets are made or read (the wrong column, a filter, labels that were cast); of sorted data give a shuffled sample.",
                snippet="print(np.unique(y, return_counts=True))\n",
            )


CONSEQUENCES = ("target_scale", "optimizer_setting", "over_regularised", *STEPS, *RESULTS)
CRITERIA = {"all targets of an output are one value": ANY}
RULE = Rule("constant_target", keras=KerasRule(140, in_keras, CRITERIA, consequences=CONSEQUENCES))
