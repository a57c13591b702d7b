"""What a condition costs: the time of its training steps, and steps and seconds until its task is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unvanish.reports.tables.conditions import KEY

if TYPE_CHECKING:
    import pandas as pd

    from unvanish.reports.benchmark import Benchmark

TIMED = ["milliseconds", "ratio", "ratio_low", "ratio_high"]


def costs(data: Benchmark) -> pd.DataFrame:
    """Return a row a condition of `Benchmark.conditions` with what it costs.

    milliseconds, ratio, ratio_low, ratio_high  those of `Benchmark.step_costs`; missing where the step was not timed
    n_solved, n_trials      evaluation trials that solved the task, of those that were run
    median_solved_at        median step at which those that solved it did; missing where none did
    seconds_to_solve        that many steps of `milliseconds`
    """
    conditions = data.conditions[[*KEY, "role", "hidden_size", "parameters", "n_solved", "n_trials"]]
    solved = data.evaluated[data.evaluated.outcome == "solved"].astype({"solved_at": "float64"})
    steps = solved.groupby(KEY).solved_at.median().rename("median_solved_at").reset_index()
    table = conditions.merge(steps, on=KEY, how="left").merge(data.step_costs[[*KEY, *TIMED]], on=KEY, how="left")
    return table.assign(seconds_to_solve=table.median_solved_at * table.milliseconds / 1000)
