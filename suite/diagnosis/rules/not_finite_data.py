"""Inputs or targets that are not finite: every gradient is, too."""

from unvanish.suite.diagnosis.rule import ANY, RESULTS, STEPS, KerasRule, Rule, finding


def in_keras(training):
    """All inputs and targets that hold such a value."""
    inputs = [f"the input {each.name}" for each in training.setup.inputs if not each.finite]
    targets = [f"the targets of {each.name}" for each in training.setup.outputs if not each.target_finite]
    if not inputs and not targets:
        return
    shares = [each.nonfinite for each in training.setup.inputs if each.nonfinite]
    share = f"{max(shares):.2%} of the input is NaN or infinity" if shares else "there is NaN or infinity in the data"
    columns = sum(each.nonfinite_columns for each in training.setup.inputs)
    if columns:
        share += f", and all of {columns} column{'s' * (columns > 1)}, as a division by a standard deviation of 0 gives it"
    name = "x" if inputs else "y"
    yield finding(
        training,
        "not_finite_data",
        what=f"There are values that are not finite in {' and '.join([*inputs, *targets])}.",
        why=f"{share}; one such value makes the loss and all weights NaN.",
        advice="Remove or fill the missing values before training.",
        snippet="x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)\n"
        if columns
        else f"keep = np.isfinite({name}).reshape(len({name}), -1).all(axis=1)\nx, y = x[keep], y[keep]\n",
    )


CONSEQUENCES = ("not_finite_weights", "not_finite_operation", *STEPS, *RESULTS)
RULE = Rule("not_finite_data", keras=KerasRule(100, in_keras, {"inputs or targets hold NaN or infinity": ANY}, consequences=CONSEQUENCES))
