"""The search for the learning rate of a condition, told from its tuning trials: which rates were tried, why it stopped, and how much the rate matters."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, log10
from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.statistics.rows import Rows
from unvanish.suite.experiment.roles import CONTROL
from unvanish.suite.experiment.tuning import BASELINE, CAP, INSIDE, TIED, UNSTABLE, RateGrid, TriedRate, search

CONDITION = ["task", "lag", "model", "mitigation"]
EXPECTED_BEST = (1, 2, 3)  # numbers of rates drawn at random
BELOW, ABOVE, BOTH = "below", "above", "both"


def rate_search(tuning: Rows, grid: RateGrid, baseline: float) -> dict[str, Any]:
    """Return the columns of a condition's search from its tuning trials: those of the table of conditions from `search_stopped` to `tuning_loss_high`.

    `baseline` is the loss of the task's memoryless baseline. Where trials failed to run nothing is known but the rates.
    """
    tried = tried_rates(tuning)
    row: dict[str, Any] = {"n_rates": len(tried)}
    if not tried:
        return row
    row |= {"lowest_rate": tried[0].rate, "highest_rate": tried[-1].rate, "rates_tried": ", ".join(f"{rate.rate:g}" for rate in tried)}
    if (np.asarray(tuning["status"]) == "failed").any():
        return row
    state = search(grid, tried, baseline)
    best = tried.index(state.best)
    return row | {"search_stopped": state.stopped} | width(tried, best, grid.ratio) | expected_best(tried) | tuning_losses(tried, best)


def tried_rates(tuning: Rows) -> list[TriedRate]:
    """What became of the tuning trials of a condition at each rate, ascending."""
    rates, outcomes, losses = np.asarray(tuning["learning_rate"], float), np.asarray(tuning["outcome"]), np.asarray(tuning["loss"])
    known = np.unique(rates[~np.isnan(rates)])
    return [TriedRate(rate, tuple(outcomes[rates == rate].tolist()), tuple(losses[rates == rate].tolist())) for rate in known.tolist()]


def width(tried: Sequence[TriedRate], best: int, ratio: float) -> dict[str, Any]:
    """Return the rates at which every tuning seed solves the task, as columns; `best` is the place of the chosen rate.

    n_rates_solved    their number
    width             decades that they cover, each counted as one step of the grid
    width_open        below, above or both, where the lowest or highest rate tried is one of them: a wider grid may find more
    solved_from, solved_to   the lowest and highest of those next to the chosen one without a gap; missing where the chosen one is none of them
    """
    solves = [rate.solved for rate in tried]
    low = high = best
    while low > 0 and solves[low - 1]:
        low -= 1
    while high + 1 < len(tried) and solves[high + 1]:
        high += 1
    return {
        "n_rates_solved": sum(solves),
        "width": sum(solves) * log10(ratio),
        "width_open": {(True, True): BOTH, (True, False): BELOW, (False, True): ABOVE}.get((solves[0], solves[-1]), ""),
        "solved_from": tried[low].rate if solves[best] else np.nan,
        "solved_to": tried[high].rate if solves[best] else np.nan,
    }


def expected_best(tried: Sequence[TriedRate]) -> dict[str, float]:
    """Return the expected share of tuning seeds solved at the best of k rates drawn at random from those tried, without replacement.

    It asks how good a condition is with little tuning, as Dodge et al. 2019 ("Show your work", who draw with replacement) and Sivaprasad et al. 2020 do.
    Missing where fewer than k rates were tried.
    """
    shares = sorted(rate.n_solved / len(rate.outcomes) for rate in tried)
    n = len(shares)
    return {
        f"expected_best_of_{k}": sum(share * comb(below, k - 1) for below, share in enumerate(shares)) / comb(n, k) if k <= n else np.nan for k in EXPECTED_BEST
    }


def tuning_losses(tried: Sequence[TriedRate], best: int) -> dict[str, Any]:
    """Return the validation losses at the chosen rate beside those of the others, as columns.

    tuning_loss     mean over the tuning seeds at the chosen rate
    tuning_loss_low, tuning_loss_high   lowest and highest of them; missing with a single seed, which says nothing of its spread
    n_rates_tied    other rates whose losses overlap those in range; a rate at which a seed diverged was told apart, by that; missing with a single seed

    Missing where every rate diverged on a seed.
    """
    chosen, finite = tried[best].losses, [rate.losses for rate in tried if np.isfinite(rate.losses).all()]
    if chosen not in finite:
        return {}
    row: dict[str, Any] = {"tuning_loss": float(np.mean(chosen))}
    if len(chosen) > 1:
        tied = sum(min(losses) <= max(chosen) for losses in finite) - 1  # none lies below the range of the chosen one, whose mean is the lowest
        row |= {"tuning_loss_low": min(chosen), "tuning_loss_high": max(chosen), "n_rates_tied": tied}
    return row


def sentence(conditions: pd.DataFrame) -> str:
    """Sum up where the searches stopped, from the table of conditions, controls apart; empty where no rate was chosen."""
    chosen = conditions[(conditions.role != CONTROL) & (conditions.search_stopped != "")]
    if chosen.empty:
        return ""
    counts = chosen.search_stopped.value_counts()
    said = {
        INSIDE: "the best rate lies between others that were tried",
        TIED: "every seed solves the task at it and at the one next to it",
        UNSTABLE: "every seed diverges at the next higher one",
        BASELINE: "no rate can be told from the baseline",
        CAP: "as many were tried as the profile allows, so that a further one may be better",
    }
    parts = [f"in {counts[reason]} {words}" for reason, words in said.items() if reason in counts]
    return f"Of {len(chosen)} conditions, {'; '.join(parts)}."


def by_rate(tuning: pd.DataFrame) -> pd.DataFrame:
    """Count tuning trials by condition and learning rate, both in the index, rates ascending: columns n_solved, n_diverged, n_trials; score is their mean."""
    counted = tuning.assign(solved=tuning.outcome == "solved", diverged=tuning.outcome == "diverged")
    return counted.groupby([*CONDITION, "learning_rate"]).agg(
        n_solved=("solved", "sum"), n_diverged=("diverged", "sum"), n_trials=("solved", "size"), score=("score", "mean")
    )
