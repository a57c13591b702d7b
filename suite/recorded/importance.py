"""Which columns of recorded data a network relies on: what it loses where one is permuted over the sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.recorded.answer import ColumnImportance
from unvanish.suite.recorded.errors import losses_by_row
from unvanish.tasks.recorded import RecordedTask

REPEATS = 10  # permutations of a column
MAX_COLUMNS = 40  # that are permuted one by one


def columns_of(task: RecordedTask) -> dict[str, slice]:
    """Return the inputs that belong to each column of the data, by its name; none where there are too many to permute one by one."""
    encoding = task.log_encoding
    if encoding is None:
        groups = task.feature_groups or {name: slice(place, place + 1) for place, name in enumerate(task.input_names)}
        return groups if len(groups) <= MAX_COLUMNS else {}
    found, start = dict[str, slice](), 0
    both = [*((f"{column.name} of the row before", column.size) for column in encoding.previous), *((column.name, column.size) for column in encoding.current)]
    for name, size in both:
        found[name] = slice(start, start + size)
        start += size
    return found if len(found) <= MAX_COLUMNS else {}


class Shuffled:
    """Sequences whose columns scikit-learn permutes: row `i` has, of column `j`, that of sequence `order[i, j]`."""

    def __init__(self, inputs: NDArray[np.float32], columns: Sequence[slice]) -> None:
        self.inputs, self.columns = inputs, columns

    def fit(self) -> None:
        """Do nothing: the networks are trained; scikit-learn wants an estimator that has it."""

    def sequences(self, order: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the sequences with these orders of their columns."""
        made = self.inputs.copy()
        for place, column in enumerate(self.columns):
            made[..., column] = self.inputs[order[:, place]][..., column]
        return made


def importance(
    ask: Callable[[NDArray[np.float32]], NDArray[np.float64]],
    inputs: NDArray[np.float32],
    actual: NDArray[np.float64],
    columns: dict[str, slice],
    classes: bool,
) -> list[ColumnImportance]:
    """Return the permutation importance of each column on these sequences (Breiman 2001), by scikit-learn; a column is permuted as a whole sequence."""
    if not columns:
        return []
    from sklearn.inspection import permutation_importance

    def negative_losses(shuffled: Shuffled, order: NDArray[np.integer], targets: NDArray[np.float64]) -> float:
        return -float(losses_by_row(targets, ask(shuffled.sequences(order)), classes).mean())

    order = np.tile(np.arange(len(inputs))[:, None], len(columns))
    found = permutation_importance(Shuffled(inputs, list(columns.values())), order, actual, scoring=negative_losses, n_repeats=REPEATS, random_state=0)
    made = [
        ColumnImportance(name, float(losses.mean()), *map(float, np.percentile(losses, [2.5, 97.5])))
        for name, losses in zip(columns, found.importances, strict=True)
    ]
    return sorted(made, key=lambda column: -column.loss)
