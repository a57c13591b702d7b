"""One row a model and mitigation: how well it does with little tuning, by the learning rates that were tried."""

from __future__ import annotations

import pandas as pd

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.roles import CONTROL
from unvanish.suite.experiment.tuning import CAP

ROW = ["model", "mitigation"]
EXPECTED = ["expected_best_of_1", "expected_best_of_2", "expected_best_of_3"]


def little_tuning(plan: PlanRecord, conditions: pd.DataFrame) -> pd.DataFrame:
    """Sum up the searches of each model and mitigation over all tasks and lags, from the table of conditions; controls apart.

    n_conditions, n_cap   searches, and those that stopped at their cap
    width, width_open     mean of the decades of rates at which every tuning trial solves; conditions in which it is at least that
    expected_best_of_1 .. 3   mean of the expected share of tuning trials solved at the best of so many tried rates at random

    A model and mitigation has a row where the search of each of its planned conditions ended: over a part of the problems, a figure would be of
    other problems.
    """
    searched = conditions[(conditions.role != CONTROL) & (conditions.search_stopped != "")]
    counted = searched.assign(cap=searched.search_stopped == CAP, opened=searched.width_open != "").groupby(ROW, sort=False)
    table = counted.agg(
        n_conditions=("task", "size"),
        n_cap=("cap", "sum"),
        width=("width", "mean"),
        width_open=("opened", "sum"),
        **{name: (name, "mean") for name in EXPECTED},
    ).reset_index()
    planned = plan.conditions_table.groupby(ROW).size()
    whole = pd.Series([row.n_conditions == planned[row.model, row.mitigation] for row in table.itertuples()], index=table.index, dtype=bool)
    return table[whole].reset_index(drop=True)
