"""One row a model and mitigation: how it does over all tasks and lags together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.aggregate import bootstrap_interval, interquartile_mean, probability_of_improvement, scores_of
from reports.statistics.horizon import memory_horizon


def overall(plan: dict[str, Any], trials: pd.DataFrame) -> pd.DataFrame:
    """Those whose every planned condition was run: on a part of the problems, a figure would be of other problems.

    problems            tasks and lags
    iqm, iqm_low, iqm_high                      interquartile mean of the score and its interval
    improvement, improvement_low, improvement_high   probability to score higher than `none`; missing for `none`, and where a trial of it failed to run
    """
    evaluated = trials[trials.phase == "evaluate"]
    planned = pd.DataFrame(plan["conditions"]).groupby(["model", "mitigation"], sort=False).size()
    arrays = {}
    for (model, mitigation), problems in planned.items():
        mine = evaluated[(evaluated.model == model) & (evaluated.mitigation == mitigation)]
        if len(mine[["task", "lag"]].drop_duplicates()) == problems:
            arrays[model, mitigation] = scores_of(mine)
    crashed = set(evaluated[(evaluated.mitigation == "none") & (evaluated.status == "failed")].model)  # against a crash everything looks better
    rows = []
    for (model, mitigation), scores in arrays.items():
        low, high = bootstrap_interval(interquartile_mean, scores)
        row = {"model": model, "mitigation": mitigation, "problems": scores.sizes["problem"], "iqm": float(interquartile_mean(scores))}
        row |= {"iqm_low": low, "iqm_high": high, "improvement": np.nan, "improvement_low": np.nan, "improvement_high": np.nan}
        none = arrays.get((model, "none"))
        if mitigation != "none" and none is not None and model not in crashed:
            low, high = bootstrap_interval(probability_of_improvement, scores, none)
            row |= {"improvement": float(probability_of_improvement(scores, none)), "improvement_low": low, "improvement_high": high}
        rows.append(row)
    return pd.DataFrame(
        rows, columns=["model", "mitigation", "problems", *(f"{name}{end}" for name in ("iqm", "improvement") for end in ("", "_low", "_high"))]
    )


def horizons(conditions: pd.DataFrame) -> pd.DataFrame:
    """The memory horizon of each task, model and mitigation whose every lag was run; columns lag, low, high, longest."""
    rows = []
    for (task, model, mitigation), lags in conditions.groupby(["task", "model", "mitigation"], sort=False):
        if (lags.tried > 0).all():
            horizon = memory_horizon(lags.set_index("lag")[["solved", "tried"]])
            rows.append({"task": task, "model": model, "mitigation": mitigation, **vars(horizon)})
    return pd.DataFrame(rows, columns=["task", "model", "mitigation", "lag", "low", "high", "longest"])
