"""How many steps it takes to solve a task, when not every trial does: Kaplan & Meier (1958).

A trial that did not solve the task, whatever became of it, is censored at the end of its budget. One that exploded is not
censored earlier: it will never solve the task, and leaving it out from then on would speed up the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight


@dataclass(frozen=True)
class StepsToSolved:
    """The trials of a condition: `solved_at` is the step at which each solved the task, missing where it did not; `budget` the steps each was given."""

    solved_at: pd.Series
    budget: pd.Series

    @cached_property
    def survival(self) -> SurvfuncRight | None:
        """Kaplan and Meier's estimate; None where no trial solved the task, and all survive."""
        solved = self.solved_at.notna().to_numpy()
        time = np.where(solved, self.solved_at.fillna(0).to_numpy(dtype=float), self.budget.to_numpy(dtype=float))
        return SurvfuncRight(time, solved.astype(int)) if solved.any() else None

    def median(self) -> float:
        """Steps after which at least half of the trials have solved the task; NaN where fewer than half do."""
        if not self.survival:
            return np.nan
        half = np.asarray(self.survival.surv_prob) <= 0.5 + 1e-12
        return float(self.survival.surv_times[np.argmax(half)]) if half.any() else np.nan

    def curve(self, confidence: float = 0.95) -> pd.DataFrame:
        """Share of trials that have solved the task by each step, as stairs from 0 to the end of the budget.

        Columns step, share, low, high; the pointwise interval is Greenwood's on the scale of log(-log) (Kalbfleisch &
        Prentice 1980), which stays between 0 and 1. It has no width where no trial or every trial has solved the task.
        """
        end = float(self.budget.max())
        if not self.survival:
            return pd.DataFrame({"step": [0.0, end], "share": 0.0, "low": 0.0, "high": 0.0})
        surviving, error = np.asarray(self.survival.surv_prob), np.asarray(self.survival.surv_prob_se)
        inside = (surviving > 0) & (surviving < 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = norm.ppf(0.5 + confidence / 2) * error / (surviving * np.abs(np.log(surviving)))
            low, high = (np.where(inside, surviving ** np.exp(sign * width), surviving) for sign in (1, -1))
        steps = np.asarray(self.survival.surv_times, dtype=float)
        stairs = pd.DataFrame({"step": [0.0, *steps], "share": [0.0, *(1 - surviving)], "low": [0.0, *(1 - high)], "high": [0.0, *(1 - low)]})
        if steps[-1] < end:
            stairs = pd.concat([stairs, stairs.iloc[-1:].assign(step=end)], ignore_index=True)
        return stairs
