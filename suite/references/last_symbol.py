"""The last symbol of a text alone: what needs no memory at all."""

from __future__ import annotations

from unvanish.suite.references.reference import Reference
from unvanish.tasks.baselines import SYMBOLS
from unvanish.tasks.ngrams import WittenBell, last_symbols

REFERENCE = Reference(
    name="last symbol",
    summary="counts of what followed the last symbol, with Witten and Bell's smoothing",
    position=4,
    source_rows="S14",
    features=last_symbols(1),
    estimator=lambda task: WittenBell(1, task.output_size),
    applies=lambda task: SYMBOLS in task.feature_groups,
)
