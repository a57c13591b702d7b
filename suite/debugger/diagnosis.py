"""From the record of a training to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from unvanish.suite.debugger.clip_advice import ClipAdvice, clip_advice
from unvanish.suite.debugger.evidence import evidence
from unvanish.suite.debugger.finding import Finding, as_words
from unvanish.suite.debugger.outcome import Outcome, outcome
from unvanish.suite.debugger.record import Record, plain
from unvanish.suite.debugger.rules import RULES

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a training reached, what is wrong with it in causal order (the first is the primary cause), and how to clip its gradients."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    clipping: ClipAdvice
    record: Record

    @property
    def healthy(self) -> bool:
        return not self.findings

    def as_data(self) -> dict[str, Any]:
        """Numbers, words, lists and dictionaries alone, for JSON."""
        content = {
            "outcome": vars(self.outcome),
            "findings": [as_words(finding) for finding in self.findings],
            "clipping": vars(self.clipping),
            "record": self.record.as_data(),
        }
        made: dict[str, Any] = plain(content)
        return made

    def __str__(self) -> str:
        """A few lines for a terminal or a log."""
        lines = [f"{self.outcome.word}: {self.outcome.sentence}"]
        for finding in self.findings:
            lines += ["", f"{finding.cause.replace('_', ' ')}, since step {finding.step}: {finding.what}", f"  {finding.why}", f"  Try: {finding.advice}"]
            lines += [f"  Measured: {sentence}" for sentence in finding.evidence]
        return "\n".join([*lines, *([] if self.findings else ["Nothing wrong was found."])])


def judge(record: Record, benchmark: Benchmark | None = None) -> Diagnosis:
    """The diagnosis of a record, with evidence from a benchmark or, without one, from the reference results."""
    reached = outcome(record)
    findings = [finding for rule in RULES if (finding := rule.look(record, reached))]
    findings = [replace(finding, evidence=evidence(finding.cause, record, benchmark)) for finding in findings]
    return Diagnosis(reached, tuple(findings), clip_advice(record), record)
