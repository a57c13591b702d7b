"""Inputs or targets that are not finite: every gradient is, too."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding


def in_keras(training):
    """All inputs and targets that hold such a value."""
    inputs = [f"the input {each.name}" for each in training.setup.inputs if not each.finite]
    targets = [f"the targets of {each.name}" for each in training.setup.outputs if not each.target_finite]
    if not inputs and not targets:
        return
    yield finding(
        training,
        "not_finite_data",
        what=f"There are values that are not finite in {' and '.join([*inputs, *targets])}.",
        why="NaN or infinity in the data; one such value makes the loss and all weights NaN.",
        advice="Remove or fill the missing values before training.",
        snippet="keep = np.isfinite(x).reshape(len(x), -1).all(axis=1)\nx, y = x[keep], y[keep]\n",
    )


RULE = Rule(
    "not_finite_data",
    keras=KerasRule(
        100, in_keras, {"inputs or targets hold NaN or infinity": ANY}, consequences=("exploded", "rate_too_high", "dead", "saturated", "vanished")
    ),
)
