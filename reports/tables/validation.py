"""The predictions of diagnoses, scored: cause by remedy and its rate, and the accuracy of the prediction against always giving the most frequent answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from unvanish.reports.statistics.success import wilson_interval
from unvanish.suite.diagnosis.predictions import SAME, predictions
from unvanish.suite.studies.validation.rescues import TRIAL


def failed_trials(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a failed trial, of the rows of `unvanish.suite.studies.validation.rescues` with a column split, which are one a remedy and rate."""
    return rows.drop_duplicates(["split", *TRIAL])


def rescued(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the trials of each cause that each remedy rescued: columns split, cause, remedy, rate, n_rescued, n_trials, low, high, predicted.

    `rows` are those of `unvanish.suite.studies.validation.rescues` with a column split. The interval is `interval`'s. A trial for which a remedy
    says nothing, or whose trial under it failed to run or was not tried at that rate, is not among the trials of that remedy and rate.
    """
    counted = answered(rows).groupby(["split", "cause", "remedy", "rate"], sort=False).rescued.agg(n_rescued="sum", n_trials="size").reset_index()
    counted["n_rescued"] = counted.n_rescued.astype(int)
    bounds = [interval(row.n_rescued, row.n_trials, row.rate) for row in counted.itertuples()]
    return counted.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds], predicted=predicted(counted))


def accuracy(rows: pd.DataFrame) -> pd.DataFrame:
    """The share of trials for which the cause predicts rightly whether a remedy rescues them, by split, remedy and rate, and by rate over all remedies.

    Columns split, remedy, rate, n_right, n_trials, accuracy, low, high (`interval`), most_frequent: the share that is right when the
    more frequent of rescued and not rescued is said of every trial of that remedy and rate, on the very trials that are scored. Over all
    remedies the answers of one trial are not independent, so the interval there is narrower than it should be, and is left out.
    """
    answers = answered(rows)
    answers = answers.assign(right=predicted(answers) == answers.rescued.astype(bool))
    table = []
    for (split, remedy, rate), group in answers.groupby(["split", "remedy", "rate"], sort=False):
        n_right, n_trials = int(group.right.sum()), len(group)
        low, high = interval(n_right, n_trials, rate)
        frequent = max(group.rescued.sum(), n_trials - group.rescued.sum())
        row = {"split": split, "remedy": remedy, "rate": rate, "n_right": n_right, "n_trials": n_trials, "accuracy": n_right / n_trials}
        table.append({**row, "low": low, "high": high, "most_frequent": frequent / n_trials, "n_frequent": int(frequent)})
    columns = ["split", "remedy", "rate", "n_right", "n_trials", "accuracy", "low", "high", "most_frequent", "n_frequent"]
    accuracies = pd.DataFrame(table, columns=columns)
    sums = accuracies.groupby(["split", "rate"], sort=False)[["n_right", "n_trials", "n_frequent"]].sum().reset_index()
    sums = sums.assign(remedy="all", accuracy=sums.n_right / sums.n_trials, most_frequent=sums.n_frequent / sums.n_trials)
    return pd.concat([accuracies, sums], ignore_index=True).drop(columns="n_frequent")


def answered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose remedy, at its rate, says something of the failed trial; remedies and rates in the order of `predictions`."""
    said = rows.dropna(subset="rescued")
    place = {key: index for index, key in enumerate(predictions())}
    return said.iloc[np.argsort([place[row.remedy, row.rate] for row in said.itertuples()], kind="stable")]


def predicted(rows: pd.DataFrame) -> list[bool]:
    """Return for each row whether its cause predicts that its remedy rescues at its rate."""
    causes = predictions()
    return [row.cause in causes[row.remedy, row.rate] for row in rows.itertuples()]


def interval(count: int, of: int, rate: str) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of failed trials at the same rate as their remedy; missing at the remedy's own best rate.

    There the failed trials of one seed, at all their rates, have one trial of the remedy in common, so their answers are not independent.
    """
    return wilson_interval(count, of) if rate == SAME else (np.nan, np.nan)
