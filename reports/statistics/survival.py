"""The steps it takes to solve a task, when not every trial does.

Every trial of a condition has the same budget of steps, and one that did not solve the task, whatever became of it, counts as
unsolved up to the end of that budget. One that exploded is not left out from then on: it will never solve the task, and
leaving it out would speed up the others. So nothing is censored before the end, where Kaplan and Meier's (1958) estimate is
the plain share of the trials that have solved the task by a step, and that share is binomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.reports.statistics.rows import numbers
from unvanish.reports.statistics.success import wilson_interval

HALF = 0.5


@dataclass(frozen=True, eq=False)
class StepsToSolved:
    """The trials of a condition: `solved_at` is the step at which each solved the task, missing where it did not; `budget` the steps each was given.

    Raises `ValueError` where budgets differ: the share solved by a step beyond the smaller one is then not known.
    """

    solved_at: pd.Series | NDArray[np.float64]
    budget: pd.Series | NDArray[np.int64]

    def __post_init__(self) -> None:
        budgets = set(np.asarray(self.budget).tolist())
        if len(budgets) != 1:
            raise ValueError(f"trials of one condition have one budget, not {sorted(budgets)}")

    @cached_property
    def stairs(self) -> dict[str, NDArray[np.float64]]:
        """The columns of `curve`."""
        end, trials = float(np.asarray(self.budget)[0]), len(self.budget)
        steps, counts = np.unique(numbers(self.solved_at), return_counts=True)
        steps, solved = np.concatenate([[0.0], steps]), np.concatenate([[0], np.cumsum(counts)])
        if steps[-1] < end:
            steps, solved = np.append(steps, end), np.append(solved, solved[-1])
        low, high = np.transpose([wilson_interval(int(count), trials) for count in solved])
        return {"step": steps, "share": solved / trials, "low": low, "high": high}

    def curve(self) -> pd.DataFrame:
        """Share of trials that have solved the task by each step, as stairs from 0 to the end of the budget.

        Columns step, share, low, high; the 95 % interval is Wilson's, for each step by itself. Greenwood's, the usual one with Kaplan and Meier's
        estimate, has no width where no trial or every trial has solved the task.
        """
        return pd.DataFrame(self.stairs)

    def median(self) -> float:
        """The first step by which at least half of the trials have solved the task; NaN where fewer than half do."""
        return self.first_half("share")

    def median_interval(self) -> tuple[float, float]:
        """The steps at which the upper and the lower end of the band reach one half (Brookmeyer & Crowley 1982).

        NaN where it never does, and where so few trials leave the upper end above one half from the start.
        """
        return self.first_half("high") or np.nan, self.first_half("low")

    def first_half(self, column: str) -> float:
        """The first step at which a column of the curve is at least one half; NaN where it never is."""
        reached = self.stairs[column] >= HALF - 1e-12
        return float(self.stairs["step"][np.argmax(reached)]) if reached.any() else np.nan
