"""Targets so large, or so far from zero, that the last layer cannot reach them in the steps of the training, or that make each step too long."""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, finding
from unvanish.suite.diagnosis.rules.wrong_output import QUANTITIES

LARGE = 10.0  # a mean without sign, or a deviation, of targets; a last layer starts with outputs near 1
OF_CLASSES = ("crossentropy", "hinge", "divergence", "focal", "dice")  # parts of the names of losses of classes
FAR_MEAN = 10.0  # a mean without sign, in standard deviations of the targets
MIN_REACHED = 0.5  # of the way to the targets' mean, and of their deviation: below it the predictions have not come to their scale


def in_keras(training):
    """Each output of quantities whose predictions have not come to the scale of the targets, or that diverged."""
    outcome = training.outcome
    if not outcome.not_learned:
        return
    predicted = {each.output: each for each in training.comparisons}
    for output in training.setup.outputs:
        mean, deviation = output.target_mean, output.target_deviation
        if not of_quantities(output) or not output.target_finite or np.isnan(mean):
            continue
        large, far = max(abs(mean), deviation) > LARGE, abs(mean) > max(FAR_MEAN * deviation, 1.0)
        if not (large or far):
            continue
        end = predicted.get(output.name)
        if outcome.word == "baseline":
            if end is None or (reached(end.predicted_mean, mean, deviation) and end.predicted_deviation > MIN_REACHED * deviation):
                continue
            now = (
                f"after {training.steps} steps the predictions have the mean {end.predicted_mean:.4g} and the standard deviation {end.predicted_deviation:.3g}"
            )
        else:
            if not large:
                continue
            now = "errors of that size make steps of that size"
        yield finding(
            training,
            "target_scale",
            what="The targets are too large for the last layer." if large else "The targets lie far from 0, where the predictions start.",
            why=f"targets of {output.name} have the mean {mean:.4g} and the standard deviation {deviation:.3g} (from {output.target_low:.4g} to "
            f"{output.target_high:.4g}); weights are drawn for outputs near 0 of about 1; {now}; {outcome.sentence}.",
            advice="Standardise the targets with the mean and the standard deviation of the training data, and scale predictions back.",
            snippet="mean, deviation = y.mean(axis=0), y.std(axis=0)\nmodel.fit(x, (y - mean) / deviation, ...)\n"
            "predicted = model.predict(x) * deviation + mean\n",
        )


def of_quantities(output):
    """Return whether an output is compared with its targets as a number with a number, by a loss of Keras' or one's own."""
    same_size = output.size == (output.target_shape[-1] if len(output.target_shape) == len(output.shape) and output.target_shape else 1)
    return output.loss in QUANTITIES or (same_size and not any(part in output.loss for part in OF_CLASSES))


def reached(predicted, mean, deviation):
    """Return whether the mean of the predictions is nearer to that of the targets than their deviation."""
    return abs(predicted - mean) < max(deviation, MIN_REACHED * abs(mean) if deviation == 0 else 0.0)


CRITERIA = {
    f"targets of a mean or deviation above {LARGE:g}, or with a mean of more than {FAR_MEAN:g} deviations, and predictions that have not come to their "
    f"mean or to {100 * MIN_REACHED:g} % of their deviation": NOT_LEARNED
}
CONSEQUENCES = (
    "exploded", "rate_too_high", "rate_too_low", "too_short", "frozen", "saturated", "dead", "vanished", "symmetric", "optimizer_setting", "over_regularised",
    "no_better_than_simple", "no_signal", "train_eval_mismatch", "not_finite_operation",
)  # fmt: skip
RULE = Rule("target_scale", keras=KerasRule(292, in_keras, CRITERIA, consequences=CONSEQUENCES))
