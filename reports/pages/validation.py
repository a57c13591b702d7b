"""The page that scores what diagnoses predict."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.pages.templating import environment, records
from unvanish.reports.tables.validation import accuracy, rescued
from unvanish.suite.diagnosis.predictions import remedies


def render(rows: pd.DataFrame, studies: list[dict[str, str]]) -> str:
    """One self-contained HTML page; `studies` say of each split what it consists of."""
    splits = [
        {**study, "table": cells(rescued(rows[rows.split == study["split"]])), "accuracy": records(accuracy(rows[rows.split == study["split"]]))}
        for study in studies
    ]
    return environment().get_template("validation.html").render(splits=splits, remedies=list(remedies()))


def cells(counted: pd.DataFrame) -> list[dict[str, object]]:
    """A row a cause, with its cell for each remedy or None; the cause with the most trials first."""
    by_diagnosis = [
        {
            "cause": cause,
            "cells": [next(iter(records(group[group.remedy == remedy])), None) for remedy in remedies()],
            "n_trials": int(group.n_trials.max()),
        }
        for cause, group in counted.groupby("cause", sort=False)
    ]
    return sorted(by_diagnosis, key=lambda row: -row["n_trials"])
