"""What a rule is and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unvanish.suite.debugger.outcome import Outcome
from unvanish.suite.debugger.record import Record


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    cause     one word, the name of the rule
    step      since which training step; 0 is before training
    epoch     the epoch of that step, from 0
    what      a sentence in plain words
    why       the rule that decided, with its figures
    advice    what to try
    snippet   Keras code for it
    evidence  what a benchmark measured of it; empty where it says nothing of this model
    """

    cause: str
    step: int
    epoch: int
    what: str
    why: str
    advice: str
    snippet: str = ""
    evidence: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Rule:
    """One cause and how it is recognised.

    position  its place in the causal chain: of two findings the one with the smaller is reported first, since it can bring about the other
    look      the finding in a record, or None
    """

    name: str
    position: int
    summary: str
    look: Callable[[Record, Outcome], Finding | None]


def found(rule: str, record: Record, step: int, what: str, why: str, advice: str, snippet: str = "") -> Finding:
    """A finding, with the epoch of its step."""
    epoch = step // record.steps_per_epoch if record.steps_per_epoch else 0
    return Finding(rule, step, epoch, what, why, advice, snippet)


def as_words(finding: Finding) -> dict[str, Any]:
    return {**vars(finding), "evidence": list(finding.evidence)}
