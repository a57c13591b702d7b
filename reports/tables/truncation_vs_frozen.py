"""Truncation whose gradient ends before the information, against a network whose state is never trained.

There the output layer learns from a state that no gradient from the information's step has shaped. The control `frozen` shows what such a state
keeps (a reservoir, Jaeger 2001); what truncation is worth is what it reaches beyond that.
"""

from __future__ import annotations

import pandas as pd

from unvanish.reports.statistics.success import ran, wilson_interval
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.roles import CURE, role

CONDITION = ["task", "lag", "model"]
FROZEN = "frozen"
COLUMNS = [
    *CONDITION,
    "mitigation",
    "n_pairs",
    "n_solved",
    "n_solved_frozen",
    "score",
    "score_frozen",
    "improvement",
    "improvement_low",
    "improvement_high",
]


def against_frozen(plan: PlanRecord, trials: pd.DataFrame) -> pd.DataFrame:
    """A row for each cure that leaves no gradient from the information's step, where `frozen` was run too; pairs of evaluation trials of one seed.

    n_solved, n_solved_frozen   trials of the pairs that solved the task
    score, score_frozen         their median
    improvement, improvement_low, improvement_high   share of pairs in which the cure scores higher than the untrained state, a tie counting
                                half, and Wilson's interval

    What failed to run is no pair.
    """
    evaluated = ran(trials[trials.phase == "evaluate"])[[*CONDITION, "mitigation", "seed", "diagnosis", "score"]]
    frozen = evaluated[evaluated.mitigation == FROZEN].drop(columns="mitigation")
    keys = [entry.key for entry in plan.conditions if entry.no_gradient and role(entry.model, entry.mitigation) == CURE]
    mine = pd.DataFrame(keys, columns=[*CONDITION, "mitigation"]).merge(evaluated, on=[*CONDITION, "mitigation"])
    every_pair = mine.merge(frozen, on=[*CONDITION, "seed"], suffixes=("", "_frozen"), validate="many_to_one")
    rows = []
    for key, pairs in every_pair.groupby([*CONDITION, "mitigation"], sort=False):
        wins = (pairs.score > pairs.score_frozen) + 0.5 * (pairs.score == pairs.score_frozen)
        low, high = wilson_interval(float(wins.sum()), len(pairs))
        rows.append(
            {
                **dict(zip((*CONDITION, "mitigation"), key, strict=True)),
                "n_pairs": len(pairs),
                "n_solved": int((pairs.diagnosis == "solved").sum()),
                "n_solved_frozen": int((pairs.diagnosis_frozen == "solved").sum()),
                "score": float(pairs.score.median()),
                "score_frozen": float(pairs.score_frozen.median()),
                "improvement": float(wins.mean()),
                "improvement_low": low,
                "improvement_high": high,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def sentence(table: pd.DataFrame) -> str:
    """Sum up all rows of `against_frozen` in plain words; empty where there are none."""
    if table.empty:
        return ""
    pairs, solved, frozen = (int(table[name].sum()) for name in ("n_pairs", "n_solved", "n_solved_frozen"))
    names = " and ".join(table.mitigation.unique())
    trials = f"{pairs} trials" if pairs > 1 else "1 trial"
    return f"{names}, where no gradient comes from the information's step, solved {solved} of {trials}; a network whose state is never trained solved {frozen}."


def detail(table: pd.DataFrame) -> str:
    """The share of all pairs of `against_frozen`, of which there must be one, in which the cure scores higher, as a sentence."""
    pairs = int(table.n_pairs.sum())
    share = float((table.improvement * table.n_pairs).sum() / pairs)
    low, high = wilson_interval(share * pairs, pairs)
    return f"Of the same seed it scored higher in a share of {share:.2f} [{low:.2f}, {high:.2f}] of the pairs, ties counting half."
