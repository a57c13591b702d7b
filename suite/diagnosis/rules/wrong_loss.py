"""A loss that cannot serve for the targets, whatever the model does."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

MIN_ZERO_SHARE = 0.01  # of the targets, from which a percentage error is ruled by them
PERCENTAGE = "mean_absolute_percentage_error"
LOGARITHMIC = "mean_squared_logarithmic_error"
NOT_BELOW_ZERO = {LOGARITHMIC: "the logarithm of 1 + y", "poisson": "counts"}
NOT_NUMBERS = ("kl_divergence", "kullback_leibler_divergence")


def in_keras(training):
    """Each output whose loss is not defined for its targets, or grows without limit at some of them."""
    for output in training.setup.outputs:
        if not output.target_finite:
            continue
        if output.loss == PERCENTAGE and output.zero_share >= MIN_ZERO_SHARE:
            yield finding(
                training,
                "wrong_loss",
                what="The percentage error divides by targets that are 0.",
                why=f"{output.zero_share:.0%} of the targets of {output.name} are 0, where {PERCENTAGE} divides by 0.0000001; these samples outweigh all "
                f"others, so predicting 0 everywhere is nearly the best; {training.outcome.sentence}.",
                advice="Use the mean absolute error; if the relative error matters, that of the logarithm of 1 + y.",
                snippet='model.compile(optimizer, loss="mae")\n',
            )
        elif output.loss in NOT_BELOW_ZERO and output.target_low < 0:
            yield finding(
                training,
                "wrong_loss",
                what=f"The loss takes no targets below 0, and there are some: {output.target_low:.3g} is the smallest.",
                why=f"{output.loss} is for {NOT_BELOW_ZERO[output.loss]}; targets of {output.name} go from {output.target_low:.3g} to "
                f"{output.target_high:.3g}.",
                advice="Use the mean squared error for quantities that can be below 0.",
                snippet='model.compile(optimizer, loss="mse")\n',
            )
        elif output.loss in NOT_NUMBERS and (output.target_low < 0 or output.target_high > 1):
            yield finding(
                training,
                "wrong_loss",
                what="The loss compares probabilities, and the targets are none.",
                why=f"{output.loss} takes targets from 0 to 1; those of {output.name} go from {output.target_low:.3g} to {output.target_high:.3g}.",
                advice="Use the mean squared error for quantities, sparse_categorical_crossentropy for numbered classes.",
                snippet='model.compile(optimizer, loss="mse")\n',
            )


CRITERIA = {
    f"a percentage error where at least {100 * MIN_ZERO_SHARE:g} % of the targets are 0, or a loss of counts, logarithms or probabilities "
    "with targets outside its domain": ANY
}
CONSEQUENCES = ("too_short", "rate_too_low", "rate_too_high", "exploded", "vanished", "dead", "no_better_than_simple", "overfitting", "no_signal")
RULE = Rule("wrong_loss", keras=KerasRule(190, in_keras, CRITERIA, consequences=CONSEQUENCES))
