"""From what was measured of a Keras training to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from unvanish.suite.debugger.clip_advice import ClipAdvice, clip_advice
from unvanish.suite.debugger.evidence import evidence
from unvanish.suite.diagnosis.keras_training import KerasTraining, plain
from unvanish.suite.diagnosis.outcomes import Outcome
from unvanish.suite.diagnosis.rule import Finding
from unvanish.suite.diagnosis.rules import RULES
from unvanish.suite.diagnosis.tried_fixes import TriedFixes

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The outcome of a training, what is wrong with it in causal order (the first is the primary cause), and how to clip its gradients.

    tried   what each change that the findings propose did, where they were tried
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    clipping: ClipAdvice
    record: KerasTraining
    tried: TriedFixes | None = None

    @property
    def healthy(self) -> bool:
        """Return whether nothing wrong was found."""
        return not self.findings

    def as_data(self) -> dict[str, Any]:
        """Numbers, words, lists and dictionaries alone, for JSON."""
        content = {
            "outcome": vars(self.outcome),
            "findings": [vars(finding) for finding in self.findings],
            "clipping": vars(self.clipping),
            "record": self.record.as_data(),
            "tried": self.tried.as_data() if self.tried else None,
        }
        data: dict[str, Any] = plain(content)
        return data

    def __str__(self) -> str:
        """A few lines for a terminal or a log."""
        lines = [f"{self.outcome.word}: {self.outcome.sentence}"]
        for finding in self.findings:
            lines += ["", f"{finding.cause.replace('_', ' ')}, since step {finding.step}: {finding.what}", f"  {finding.why}", f"  Try: {finding.advice}"]
            lines += [f"  Measured: {sentence}" for sentence in finding.evidence]
        tried = ["", "The advice, tried:", *(f"  {line}" for line in self.tried.lines())] if self.tried else []
        return "\n".join([*lines, *([] if self.findings else ["Nothing wrong was found."]), *tried])


def judge(training: KerasTraining, benchmark: Benchmark | None = None) -> Diagnosis:
    """The diagnosis of a training, with evidence from a benchmark or, without one, from the reference results."""
    rules = sorted((rule.keras for rule in RULES if rule.keras is not None), key=lambda rule: rule.position)
    findings = [finding for rule in rules if (finding := rule.detect(training))]
    findings = [replace(finding, evidence=evidence(finding.cause, training, benchmark)) for finding in findings]
    return Diagnosis(training.outcome, tuple(findings), clip_advice(training), training)
