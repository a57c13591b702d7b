"""Networks on recorded data against reference predictors, which see every step at once and so need no memory."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from unvanish.reports.statistics.success import wilson_interval
from unvanish.suite.experiment.plan_record import PlanRecord


def against_references(plan: PlanRecord, evaluated: pd.DataFrame, chosen: Mapping[tuple[str, int], tuple[str, str]] | None = None) -> pd.DataFrame:
    """One row a recorded task and lag that has been run: its best reference predictor and its best condition.

    reference, reference_metric, low, high   the best predictor, after the blank steps or without them, its metric on the test split,
                                             and Wilson's 95 % interval of that; just the metric where it is no share of right answers
    model, mitigation, metric_value, n_trials   the condition that is `chosen` for the task and lag, else that with the best median metric over its trials
    n_better   its trials that are better than the whole interval
    verdict    'better' where that median is, 'worse' where it is worse than the whole interval, 'level' between
    better     'higher' or 'lower': which metric is better

    A condition that is the best of many on the same test split has a metric that is a little too good; one that was chosen on the validation split has not.
    """
    rows = []
    for entry in plan.tasks:
        facts = entry.parameters.get("facts")
        here = evaluated[(evaluated.task == entry.task) & (evaluated.lag == entry.lag) & evaluated.metric_value.notna()]
        if not facts or here.empty:
            continue
        count = min(facts["sequences"][-1], plan.profile.test_sequences)
        known = facts["reference_metric"]
        low, high = wilson_interval(round(known * count), count) if entry.share else (known, known)
        upwards, good, bad = (1, high, low) if entry.better == "higher" else (-1, low, high)  # the ends of the interval
        conditions = here.groupby(["model", "mitigation"], sort=False).metric_value
        model, mitigation = (chosen or {}).get((entry.task, entry.lag)) or (upwards * conditions.median()).idxmax()
        metrics = conditions.get_group((model, mitigation))
        median = float(metrics.median())
        rows.append(
            {
                "task": entry.task,
                "lag": entry.lag,
                "metric": entry.metric_label,
                "better": entry.better,
                "n_test": count,
                "reference": facts["reference"],
                "reference_metric": known,
                "low": low,
                "high": high,
                "model": model,
                "mitigation": mitigation,
                "metric_value": median,
                "n_trials": len(metrics),
                "n_better": int((upwards * (metrics - good) > 0).sum()),
                "verdict": "better" if upwards * (median - good) > 0 else "worse" if upwards * (median - bad) < 0 else "level",
            }
        )
    return pd.DataFrame(rows)
