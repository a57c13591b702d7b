"""Inputs or targets that are not finite: every gradient is, too."""

from unvanish.suite.debugger.finding import Rule, found


def look(record, outcome):
    inputs = [each.name for each in record.setup.inputs if not each.finite]
    targets = [each.name for each in record.setup.outputs if not each.target_finite]
    if not inputs and not targets:
        return None
    where = " and ".join([*(f"the input {name}" for name in inputs), *(f"the targets of {name}" for name in targets)])
    return found(
        "not_finite_data",
        record,
        0,
        f"There are values that are not finite in {where}.",
        "NaN or infinity in the data; one such value makes the loss and all weights NaN.",
        "Remove or fill the missing values before training.",
        "keep = np.isfinite(x).reshape(len(x), -1).all(axis=1)\nx, y = x[keep], y[keep]\n",
    )


RULE = Rule("not_finite_data", 10, "inputs or targets are not finite", look)
