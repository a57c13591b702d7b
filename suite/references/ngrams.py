"""N-grams of a text: what counts of the last four symbols know, without a network."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks.baselines import SYMBOLS
from unvanish.tasks.ngrams import WittenBell, last_symbols
from unvanish.tasks.text import ORDER

REFERENCE = Reference(
    name=f"n-grams of order {ORDER}",
    summary=f"counts of what followed the last {ORDER} symbols, with Witten and Bell's smoothing",
    position=7,
    source_rows="S14",
    features=last_symbols(ORDER),
    estimator=lambda task: WittenBell(ORDER, task.output_size),
    applies=lambda task: SYMBOLS in task.feature_groups,
)
