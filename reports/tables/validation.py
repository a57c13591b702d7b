"""The predictions of diagnoses, scored: cause by remedy, and the accuracy of the prediction against always giving the most frequent answer."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.statistics.success import wilson_interval
from unvanish.suite.diagnosis.predictions import remedies


def rescued(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the trials of each cause that each remedy rescued: columns split, cause, remedy, n_rescued, n_trials, low, high, predicted.

    `rows` are those of `unvanish.suite.studies.validation.rescues` with a column split. The interval is Wilson's, 95 %. A trial for which a remedy
    says nothing, or whose trial under it failed to run, is not among the trials of that remedy.
    """
    counted = long(rows).groupby(["split", "cause", "remedy"], sort=False).rescued.agg(n_rescued="sum", n_trials="size").reset_index()
    counted["n_rescued"] = counted.n_rescued.astype(int)
    bounds = [wilson_interval(row.n_rescued, row.n_trials) for row in counted.itertuples()]
    causes = remedies()
    predicted = [row.cause in causes[row.remedy] for row in counted.itertuples()]
    return counted.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds], predicted=predicted)


def accuracy(rows: pd.DataFrame) -> pd.DataFrame:
    """The share of trials for which the cause predicts rightly whether a remedy rescues them, by split and remedy, and over all remedies together.

    Columns split, remedy, n_right, n_trials, accuracy, low, high (Wilson, 95 %), most_frequent: the share that is right when the
    more frequent of rescued and not rescued is said of every trial of that remedy, on the very trials that are scored. Over all
    remedies the answers of one trial are not independent, so the interval there is narrower than it should be, and is left out.
    """
    answers = long(rows)
    causes = remedies()
    answers["right"] = [(row.cause in causes[row.remedy]) == bool(row.rescued) for row in answers.itertuples()]
    table = []
    for (split, remedy), group in answers.groupby(["split", "remedy"], sort=False):
        n_right, n_trials = int(group.right.sum()), len(group)
        low, high = wilson_interval(n_right, n_trials)
        frequent = max(group.rescued.sum(), n_trials - group.rescued.sum())
        row = {"split": split, "remedy": remedy, "n_right": n_right, "n_trials": n_trials, "accuracy": n_right / n_trials}
        table.append({**row, "low": low, "high": high, "most_frequent": frequent / n_trials, "n_frequent": int(frequent)})
    accuracies = pd.DataFrame(table, columns=["split", "remedy", "n_right", "n_trials", "accuracy", "low", "high", "most_frequent", "n_frequent"])
    sums = accuracies.groupby("split", sort=False)[["n_right", "n_trials", "n_frequent"]].sum().reset_index()
    sums = sums.assign(remedy="all", accuracy=sums.n_right / sums.n_trials, most_frequent=sums.n_frequent / sums.n_trials)
    return pd.concat([accuracies, sums], ignore_index=True).drop(columns="n_frequent")


def long(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a trial and remedy that says something of it: split, cause, remedy, rescued (0 or 1)."""
    melted = rows.melt(["split", "cause"], list(remedies()), var_name="remedy", value_name="rescued")
    return melted.dropna(subset="rescued")
