"""Benchmarks side by side: which outcomes changed, whether chance explains it, and what was run in one of them only.

A trial is compared with the one of the same task, lag, model, mitigation and seed, where recorded data are the same, by their SHA-256; one that
failed to run on either side is listed, and counts neither for nor against anything. A condition became unsolved when at least half of its trials
solved the task in the first benchmark and fewer than half do in the other; a model with a mitigation became worse when, over all its pairs, more
were lost than gained and McNemar's exact test, after Holm's correction for the models and mitigations compared, gives p of at most 0.05. A single
seed that is lost is listed, and is neither: with other versions or another machine such seeds come and go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from unvanish.reports.statistics.paired import LEVEL, can_be_significant, holm
from unvanish.reports.statistics.survival import HALF
from unvanish.reports.tables.verdicts import exact_p

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

CONDITION = ["task", "lag", "model", "mitigation"]
GROUP = ["model", "mitigation"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The benchmark `before` and another one, `after`."""

    before: Benchmark
    after: Benchmark

    @cached_property
    def other_data(self) -> frozenset[tuple[str, int]]:
        """The tasks and lags of one name that are of different recorded data, as of two files: what was trained on them is no pair."""
        before, after = (data_digests(benchmark) for benchmark in (self.before, self.after))
        return frozenset(key for key in before.keys() & after.keys() if before[key] != after[key])

    def on_same_data(self, trials: pd.DataFrame) -> pd.DataFrame:
        """Return the trials of tasks that are the same in both."""
        if not self.other_data:
            return trials
        return trials[[key not in self.other_data for key in zip(trials.task, trials.lag, strict=True)]]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row a trial that was evaluated in both: outcome, diagnosis, score and solved, each with the endings _before and _after."""
        columns = [*CONDITION, "seed", "outcome", "diagnosis", "score"]
        both = self.on_same_data(self.before.evaluated)[columns].merge(
            self.on_same_data(self.after.evaluated)[columns], on=[*CONDITION, "seed"], suffixes=("_before", "_after"), validate="one_to_one"
        )
        return both.assign(**{f"solved_{when}": both[f"diagnosis_{when}"] == "solved" for when in ("before", "after")})

    @cached_property
    def ran(self) -> pd.DataFrame:
        """The pairs of which both trials were run to their end."""
        return self.pairs[(self.pairs.outcome_before != "failed") & (self.pairs.outcome_after != "failed")]

    @cached_property
    def failing(self) -> pd.DataFrame:
        """The pairs that were run before and could not be run after."""
        return self.pairs[(self.pairs.outcome_before != "failed") & (self.pairs.outcome_after == "failed")]

    @cached_property
    def changed(self) -> pd.DataFrame:
        """The pairs whose outcome changed, those that are no longer solved first."""
        pairs = self.pairs[self.pairs.outcome_before != self.pairs.outcome_after]
        order = np.lexsort((~pairs.solved_after, ~(pairs.solved_before & ~pairs.solved_after)))
        return pairs.iloc[order].reset_index(drop=True)

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """One row a condition run in both; columns as in `counted`, and `unsolved`: whether it became so."""
        table = counted(self.ran, CONDITION)
        solves, solved = (table[f"n_solved_{when}"] >= HALF * table.n_pairs for when in ("after", "before"))
        return table.assign(unsolved=solved & ~solves)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a model and mitigation over its conditions; columns as in `counted`, p, p_holm (missing where none could be significant), worse."""
        table = counted(self.ran, GROUP)
        p = pd.Series([exact_p(row.n_gained, row.n_lost) for row in table.itertuples()], dtype=float)
        testable = pd.Series([can_be_significant(pairs, len(table)) for pairs in table.n_pairs], dtype=bool)
        corrected = holm(p).where(testable)
        return table.assign(p=p.where(testable), p_holm=corrected, worse=(corrected <= LEVEL) & (table.n_lost > table.n_gained))

    @property
    def became_unsolved(self) -> bool:
        """Return whether something that was solved is not any more, by condition or over the pairs of a model and mitigation."""
        return bool(self.conditions.unsolved.any() or self.groups.worse.any())

    def only(self, when: str) -> pd.DataFrame:
        """Conditions that were evaluated in one of the two only, `before` or `after`."""
        mine, other = (self.before, self.after) if when == "before" else (self.after, self.before)
        others = self.on_same_data(other.evaluated)[CONDITION].drop_duplicates()
        both = mine.evaluated[CONDITION].drop_duplicates().merge(others, on=CONDITION, how="left", indicator=True)
        return both[both._merge == "left_only"][CONDITION].reset_index(drop=True)


def data_digests(benchmark: Benchmark) -> dict[tuple[str, int], str | None]:
    """Return the SHA-256 of the data of each task and lag; None where they are made up."""
    return {(task.task, task.lag): (task.parameters.get("facts") or {}).get("digest") for task in benchmark.plan.tasks}


def counted(pairs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Counts by some columns: n_pairs, n_solved_before, n_solved_after, n_gained, n_lost, and the mean difference in score, after less before."""
    gained, lost = pairs.solved_after & ~pairs.solved_before, pairs.solved_before & ~pairs.solved_after
    table = pairs.assign(gained=gained, lost=lost, difference=pairs.score_after - pairs.score_before)
    return (
        table.groupby(by, sort=False)
        .agg(
            n_pairs=("seed", "size"),
            n_solved_before=("solved_before", "sum"),
            n_solved_after=("solved_after", "sum"),
            n_gained=("gained", "sum"),
            n_lost=("lost", "sum"),
            difference=("difference", "mean"),
        )
        .reset_index()
    )


def verdict(comparison: Comparison) -> str:
    """Sum up a comparison in one sentence."""
    pairs, conditions, worse = comparison.ran, comparison.conditions, comparison.groups[comparison.groups.worse]
    unsolved = int(conditions.unsolved.sum())
    lost, gained = int((pairs.solved_before & ~pairs.solved_after).sum()), int((pairs.solved_after & ~pairs.solved_before).sum())
    named = ", ".join(f"{row.model} with {row.mitigation} (p {row.p_holm:.2g})" for row in worse.itertuples())
    return (
        f"Of {len(pairs)} trials in both, {lost} are no longer solved and {gained} are newly solved; {unsolved} of {len(conditions)} conditions became "
        f"unsolved; {f'worse over all pairs: {named}' if named else 'no model and mitigation is worse over all its pairs'}.{left_out(comparison)}"
    )


def left_out(comparison: Comparison) -> str:
    """Return the sentence on the pairs that are not counted, since a trial failed to run; empty where there are none."""
    count = len(comparison.pairs) - len(comparison.ran)
    if not count:
        return ""
    failing = len(comparison.failing)
    after = f", {failing} of them after it ran before" if failing else ""
    return f" {count} pair{'s' if count > 1 else ''} of which a trial failed to run {'are' if count > 1 else 'is'} left out{after}."
