"""Networks on recorded data against reference predictors, which see every step at once and so need no memory."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.statistics.success import wilson_interval
from unvanish.suite.experiment.plan_record import PlanRecord


def against_references(plan: PlanRecord, evaluated: pd.DataFrame) -> pd.DataFrame:
    """One row a recorded task and lag that has been run: its best reference predictor and its best condition.

    reference, reference_metric, low, high   the best predictor, after the blank steps or without them, its metric on the test split,
                                             and Wilson's 95 % interval of that
    model, mitigation, metric_value, n_trials   the condition with the highest median metric over its trials
    n_above    its trials above the interval
    verdict    'better' where that median is above the interval, 'worse' where it is below, 'level' between

    The condition is the best of many on the same test split, so its metric is a little too high.
    """
    rows = []
    for entry in plan.tasks:
        facts = entry.parameters.get("facts")
        here = evaluated[(evaluated.task == entry.task) & (evaluated.lag == entry.lag) & evaluated.metric_value.notna()]
        if not facts or here.empty:
            continue
        count = min(facts["sequences"][-1], plan.profile.test_sequences)
        low, high = wilson_interval(round(facts["reference_metric"] * count), count)
        conditions = here.groupby(["model", "mitigation"], sort=False).metric_value
        model, mitigation = conditions.median().idxmax()
        metrics = conditions.get_group((model, mitigation))
        median = float(metrics.median())
        rows.append(
            {
                "task": entry.task,
                "lag": entry.lag,
                "metric": entry.metric,
                "n_test": count,
                "reference": facts["reference"],
                "reference_metric": facts["reference_metric"],
                "low": low,
                "high": high,
                "model": model,
                "mitigation": mitigation,
                "metric_value": median,
                "n_trials": len(metrics),
                "n_above": int((metrics > high).sum()),
                "verdict": "better" if median > high else "worse" if median < low else "level",
            }
        )
    return pd.DataFrame(rows)
