"""A validation loss that rises again while the training loss goes on falling: what is learned last holds for the training data alone."""

import numpy as np

from unvanish.suite.diagnosis.rule import KerasRule, Rule, finding

EARLY = 0.7  # of the epochs: a smallest validation loss after this is no turn
LOST = 0.5  # share of the best gain over a constant that is lost again at the end
LAST = 3  # epochs whose median is the end, so that a single one does not decide
MIN_EPOCHS = 4
GOOD_SCORE = 0.3  # of the training data: a model that has not learned them cannot have learned them by heart


def in_keras(training):
    """A validation loss that was below the constant's, and has lost half of that gain or more at the end."""
    validation, end, outcome = training.validation, training.end, training.outcome
    if end is None or not outcome.learning or len(validation) < MIN_EPOCHS or not np.isfinite(validation).all() or outcome.score < GOOD_SCORE:
        return
    constant = float(end.constant.mean())
    best, last = int(np.argmin(validation)), float(np.median(validation[-LAST:]))
    gain, kept = constant - float(validation[best]), constant - last
    if gain <= 0 or best + 1 > EARLY * len(validation) or kept > LOST * gain or not float(end.loss.mean()) < validation[best]:
        return
    yield finding(
        training,
        "overfitting",
        what="The model learns the training data by heart: its validation loss rises again.",
        why=f"the validation loss is smallest after epoch {best + 1} of {len(validation)}, at {validation[best]:.3g}, and {last:.3g} at the end, that of the "
        f"best constant prediction is {constant:.3g}; on the training data {outcome.sentence}.",
        advice="Stop at the smallest validation loss; then try fewer units, dropout, a penalty, or more data.",
        snippet='keras.callbacks.EarlyStopping("val_loss", patience=5, restore_best_weights=True)\n',
        step=(best + 1) * training.steps_per_epoch,
    )


CRITERIA = {
    f"the validation loss is smallest in the first {100 * EARLY:g} % of the epochs, and at the end has lost "
    f"{100 * LOST:g} % of its gain over a constant": "validation data"
}
RULE = Rule("overfitting", keras=KerasRule(850, in_keras, CRITERIA, consequences=("class_never_predicted", "no_better_than_simple", "no_signal")))
