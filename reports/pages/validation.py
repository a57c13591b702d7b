"""The page that scores what diagnoses predict."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.pages.templating import records, render_page
from unvanish.reports.tables.validation import accuracy, rescued
from unvanish.suite.diagnosis.predictions import OWN_BEST, SAME, predictions


def render(rows: pd.DataFrame, studies: list[dict[str, str]]) -> str:
    """One self-contained HTML page; `studies` say of each split what it consists of."""
    splits = [
        {**study, "table": cells(rescued(rows[rows.split == study["split"]])), "accuracy": records(accuracy(rows[rows.split == study["split"]]))}
        for study in studies
    ]
    return render_page("validation.html", ("report.css", "validation.css"), splits=splits, remedies=remedies())


def remedies() -> list[str]:
    """Return all remedies, each once."""
    return list(dict.fromkeys(remedy for remedy, _ in predictions()))


def cells(counted: pd.DataFrame) -> list[dict[str, object]]:
    """A row a cause, with its cells at the same rate and at the own best one, each for each remedy or None; the cause with the most trials first."""
    by_cause = [
        {
            "cause": cause,
            "rates": [
                {"rate": rate, "cells": [next(iter(records(group[(group.remedy == remedy) & (group.rate == rate)])), None) for remedy in remedies()]}
                for rate in (SAME, OWN_BEST)
            ],
            "n_trials": int(group.n_trials.max()),
        }
        for cause, group in counted.groupby("cause", sort=False)
    ]
    return sorted(by_cause, key=lambda row: -row["n_trials"])
