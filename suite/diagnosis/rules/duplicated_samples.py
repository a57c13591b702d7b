"""Samples that are in the training data and in the validation data: the validation loss says nothing of new data."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding

MAX_SHARE = 0.2  # of the validation data


def in_keras(training):
    """Where inputs of many numbers are found in both parts with the same target."""
    split = training.data.split if training.data is not None else None
    if split is None or split.duplicated <= MAX_SHARE:
        return
    yield finding(
        training,
        "duplicated_samples",
        what="The validation data are in the training data, so the validation loss says nothing of new data.",
        why=f"{split.duplicated:.0%} of the {split.validation} validation samples are among the {split.training} training samples, inputs and targets equal.",
        advice="Split the data first; only then repeat, augment or oversample the training part.",
        snippet="_, first = np.unique(x.reshape(len(x), -1), axis=0, return_index=True)\nx, y = x[np.sort(first)], y[np.sort(first)]  # before the split\n",
    )


CRITERIA = {f"more than {100 * MAX_SHARE:g} % of the validation samples are in the training part, and inputs have so many values that this is no chance": ANY}
RULE = Rule("duplicated_samples", keras=KerasRule(225, in_keras, CRITERIA))
