"""The answer: what works at the long lags, in a table and a few sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures.rows import ordered
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.tables.answer import answer
from unvanish.suite.experiment.roles import CONTROL, POOLED, recurrent_models

PLACES = ["task", "lag"]


@dataclass(frozen=True)
class Cell:
    """A network with a mitigation at the longest lags: a row of `Benchmark.longest_lags`, and whether it is the best of its network."""

    row: Any
    best: bool

    @property
    def known(self) -> bool:
        """Return whether the interval of the share is known."""
        return bool(np.isfinite(self.row.success_low))

    @property
    def no_gradient(self) -> bool:
        """Return whether no gradient comes from the information's step in any of its conditions."""
        return 0 < self.row.n_planned == self.row.n_no_gradient

    @property
    def partly(self) -> bool:
        """Return whether it was run on some of the tasks only."""
        return 0 < self.row.n_problems < self.row.n_planned


def content(data: Excerpt) -> Content | None:
    """Return the rows at the longest lags, none where nothing was run, and the sentences of the answer."""
    longest = ordered(data.longest_lags, data)
    ran = longest[longest.n_trials > 0]
    sentences = answer(data.whole)
    if ran.empty:
        return {"title": "The answer", "models": [], "controls": [], "sentences": sentences}
    cures = longest[longest.role != CONTROL]
    highest = cures[(cures.n_problems == cures.n_planned) & (cures.n_solved > 0)].groupby("model").success_rate.max().to_dict()
    cells = {
        (row.model, row.mitigation): Cell(row, row.role != CONTROL and row.n_problems == row.n_planned and row.success_rate == highest.get(row.model))
        for row in longest.itertuples()
    }
    models = [model for model in recurrent_models(data.plan) if model in set(longest.model)]
    mitigations = dict.fromkeys(row.mitigation for row in longest.itertuples() if row.mitigation != POOLED)
    tasks, grid = data.plan.longest_lags, data.plan.profile.learning_rates
    several = len(data.plan.tasks) > len(tasks)
    return {
        "title": "What works at the long lags" if several else "What works",
        "models": models,
        "rows": [(mitigation, [cells.get((model, mitigation)) for model in models]) for mitigation in mitigations],
        "controls": [cells[model, POOLED] for model in dict.fromkeys(longest[longest.mitigation == POOLED].model)],
        "tasks": tasks,
        "fixed_rates": grid.count if grid.limit == grid.count else 0,
        "sentences": sentences,
    }


SECTION = Section(
    name="answer",
    title="What works at the long lags",
    short="Answer",
    position=0,
    content=content,
)
