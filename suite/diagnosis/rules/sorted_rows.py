"""Rows sorted by their target: the validation part has classes that are not trained, or batches hold one class each."""

import numpy as np

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

MIN_MISSING_SHARE = 0.2  # of the validation data, with classes that are not in the training part
MAX_UNLIKE = 0.4  # between the shares of the classes in the two parts, where the validation data are the last rows
MIN_VALIDATION = 20  # samples, for that
MIN_ORDER = 0.95  # rank correlation of targets and rows, from which rows are sorted
MIN_OUTSIDE = 0.5  # of the validation targets, outside the range of those that are trained
SIGNIFICANT = 1e-6  # level at which the loss depends on a batch's place in the epoch
MIN_SCORE = 0.5  # from which batches in the order of their classes have done no harm
SNIPPET = "order = np.random.default_rng(0).permutation(len(x))\nmodel.fit(x[order], y[order], validation_split=0.2, ...)\n"


def in_keras(training):
    """What the validation part has and the training part lacks; else batches in the order of the classes."""
    facts, outcome = training.data, training.outcome
    if facts is None:
        return
    split = facts.split
    if split is not None and split.missing_share >= MIN_MISSING_SHARE:
        listed = ", ".join(map(str, split.missing_classes[:8]))
        yield finding(
            training,
            "sorted_rows",
            what="The validation data have classes that the training data lack.",
            why=f"{split.missing_share:.0%} of the {split.validation} validation samples have class {listed}, and none of the {split.training} training "
            f"samples has{'; validation_split takes the last rows, before any shuffling' if split.last_rows else ''}.",
            advice="Shuffle the rows before fit, inputs and targets alike.",
            snippet=SNIPPET,
        )
        return
    if split is not None and split.last_rows and split.validation >= MIN_VALIDATION and split.unlike > MAX_UNLIKE:
        yield finding(
            training,
            "sorted_rows",
            what="The validation data have other classes than the training data.",
            why=f"class {split.frequent} is {split.frequent_there:.0%} of the {split.validation} validation samples and {split.frequent_here:.0%} of the "
            f"{split.training} training samples; validation_split takes the last rows, before any shuffling.",
            advice="Shuffle the rows before fit, inputs and targets alike.",
            snippet=SNIPPET,
        )
        return
    validation = training.validation
    if split is not None and split.last_rows and facts.order > MIN_ORDER and split.outside > MIN_OUTSIDE and worse_than_constant(training):
        yield finding(
            training,
            "sorted_rows",
            what="The rows are sorted by their target, so the validation data have targets that were never trained.",
            why=f"the targets follow the order of the rows (rank correlation {facts.order:.2f}); validation_split takes the last rows, and "
            f"{split.outside:.0%} of their targets lie outside the range of the others; the validation loss is {validation[-1]:.4g}.",
            advice="Shuffle the rows before fit; of a series that grows, predict the change from the last value instead of the value.",
            snippet=SNIPPET,
        )
        return
    if facts.first_class_only is not None:
        yield finding(
            training,
            "sorted_rows",
            what="The batches come class by class.",
            why=f"the first {facts.samples} samples of the data set all have class {facts.first_class_only}; {outcome.sentence}.",
            advice="Shuffle the data set before it is cut into batches, with a buffer that holds all samples.",
            snippet="dataset = samples.shuffle(buffer_size=len(x)).batch(32)\n",
        )
    elif facts.sorted_classes and unshuffled(training) and (outcome.not_learned or outcome.score < MIN_SCORE or no_class_kept(training)):
        yield finding(
            training,
            "sorted_rows",
            what="The batches come class by class.",
            why=f"the rows are sorted by class, and the loss of a batch follows its place in the epoch, so that each batch undoes what the one "
            f"before has taught; {outcome.sentence}.",
            advice="Let fit shuffle the rows, or shuffle them before it.",
            snippet="model.fit(x, y, shuffle=True, ...)\n",
        )


def worse_than_constant(training):
    """Return whether the model is no better than a constant on the validation data."""
    compared = [each for each in training.comparisons if each.rows == "validation"]
    return bool(compared) and not compared[0].score(compared[0].model) > 0


def unshuffled(training):
    """Return whether the losses of the batches differ by their place in the epoch, more than between epochs."""
    from scipy.stats import f_oneway

    length, losses = training.steps_per_epoch, training.losses
    epochs = len(losses) // length if length else 0
    if epochs < 3 or length < 4:
        return False
    by_epoch = losses[: epochs * length].reshape(epochs, length)[1:]
    centred = by_epoch - by_epoch.mean(axis=1, keepdims=True)
    return bool(np.isfinite(centred).all() and centred.std() > 0 and f_oneway(*centred.T).pvalue < SIGNIFICANT)


def no_class_kept(training):
    """Return whether a class is never found at the end."""
    return any(score.recall == 0 for each in training.comparisons for score in each.classes)


CRITERIA = {
    f"at least {100 * MIN_MISSING_SHARE:g} % of the validation data have classes that are not in the training data, or their shares of the classes differ "
    f"by more than {MAX_UNLIKE:g} in all, or rows are sorted by a quantity and "
    f"{100 * MIN_OUTSIDE:g} % of the validation targets lie outside the range that is trained, or batches come class by class": ANY
}
CONSEQUENCES = ("no_signal", "overfitting", "class_never_predicted", "no_better_than_simple", "too_short", "rate_too_high", "train_eval_mismatch")
RULE = Rule("sorted_rows", keras=KerasRule(220, in_keras, CRITERIA, consequences=CONSEQUENCES))
