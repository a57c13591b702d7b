"""Uncertainty of the chosen learning rate: the other rates that the tuning seeds would have allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from unvanish.suite.experiment.roles import CONTROL

LOWEST, HIGHEST = "lowest", "highest"


def chosen_rate(tuning: pd.DataFrame, rate: float, grid: Sequence[float]) -> dict[str, Any]:
    """The chosen rate of one condition beside the others of its grid, by the tuning trials' validation losses.

    tuning_loss     mean over the tuning seeds at the chosen rate
    tuning_loss_low, tuning_loss_high   lowest and highest of them; missing with a single seed, which says nothing of its spread
    n_rates_tied    other rates whose losses overlap those in range; a rate at which a seed diverged was told apart, by that; missing with a single seed
    rate_at_edge    lowest or highest where the chosen rate ends the grid, and a better one may lie beyond; empty elsewhere

    Where no rate was chosen, since trials failed to run, or where every rate diverged on a seed, nothing but the edge is known.
    """
    edges = {min(grid): LOWEST, max(grid): HIGHEST} if len(grid) > 1 else {}
    row: dict[str, Any] = {"tuning_loss": np.nan, "tuning_loss_low": np.nan, "tuning_loss_high": np.nan, "n_rates_tied": pd.NA}
    row["rate_at_edge"] = next((word for edge, word in edges.items() if np.isclose(rate, edge)), "")
    losses = tuning.pivot(index="seed", columns="learning_rate", values="loss")  # [seed, rate]
    finite = losses.loc[:, np.isfinite(losses).all()]
    if rate not in finite:
        return row
    row["tuning_loss"] = float(finite[rate].mean())
    if len(finite) > 1:
        lows, highs = finite.min(), finite.max()
        tied = lows <= highs[rate]  # none lies below the range of the chosen one, whose mean is the lowest
        row |= {"tuning_loss_low": float(lows[rate]), "tuning_loss_high": float(highs[rate]), "n_rates_tied": int(tied.sum()) - 1}
    return row


def sentence(conditions: pd.DataFrame) -> str:
    """Sum up how sure the chosen rates are, from the table of conditions, controls apart; empty where no rate was chosen among several."""
    chosen = conditions[(conditions.role != CONTROL) & conditions.learning_rate.notna() & (conditions.n_rates > 1)]
    if chosen.empty:
        return ""
    ends = f"in {int((chosen.rate_at_edge != '').sum())} of {len(chosen)} conditions the chosen rate is at the edge of its grid"
    known = chosen.n_rates_tied.dropna()
    if known.empty:
        return f"With one tuning seed it is unknown whether another rate could be told from the chosen one; {ends}."
    return f"In {int((known > 0).sum())} of {len(known)} conditions another rate could not be told from the chosen one; {ends}."
