"""From what was measured of a Keras training to what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    """The outcome of a training, what is wrong with it (causes in the order in which to change them, then symptoms), and how to clip its gradients.

    tried   what each change that the findings propose did, where they were tried
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    clipping: ClipAdvice
    record: KerasTraining
    tried: TriedFixes | None = None

    @property
    def causes(self) -> tuple[Finding, ...]:
        """What to change, the first thing first."""
        return tuple(finding for finding in self.findings if not finding.follows)

    @property
    def symptoms(self) -> tuple[Finding, ...]:
        """What a cause can bring about: look at it again once that is changed."""
        return tuple(finding for finding in self.findings if finding.follows)

    @property
    def nothing_found(self) -> str:
        """The sentence for a diagnosis without a finding, which does not say more than could be measured."""
        return f"Nothing wrong was found{' in what could be measured' if self.record.not_measured else ''}."

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
        lines = [f"{self.outcome.word}: {self.outcome.sentence}", *(each.sentence for each in self.record.comparisons)]
        for finding in self.findings:
            cause = finding.cause.replace("_", " ")
            if finding.follows:
                lines += ["", f"{cause}, since step {finding.step}, may follow from {finding.follows.replace('_', ' ')}: {finding.what}", f"  {finding.why}"]
                continue
            lines += ["", f"{cause}, since step {finding.step}: {finding.what}", f"  {finding.why}", f"  Try: {finding.advice}"]
            lines += [f"  Measured: {sentence}" for sentence in finding.evidence]
        if not self.findings:
            lines.append(self.nothing_found)
        if self.tried:
            lines += ["", "The advice, tried:", *(f"  {line}" for line in self.tried.lines())]
        return "\n".join([*lines, *self.record.not_measured])


def judge(training: KerasTraining, benchmark: Benchmark | None = None) -> Diagnosis:
    """The diagnosis of a training, with evidence from a benchmark or, without one, from the reference results.

    A rule that raises an error costs its own findings alone, and `record.not_measured` says so.
    """
    rules = sorted(((rule.keras.position, rule.name, rule.keras) for rule in RULES if rule.keras is not None), key=lambda each: each[:2])
    failed: list[str] = []

    def asked(name: str, detect: Callable[[KerasTraining], Iterable[Finding]]) -> list[Finding]:
        try:
            return list(detect(training))
        except Exception as error:
            failed.append(f"The rule {name} could not be asked: {error} ({type(error).__name__}).")
            return []

    findings = [finding for _, name, rule in rules for finding in asked(name, rule.detect)]
    if not findings:
        findings = [finding for _, name, rule in rules if rule.otherwise is not None for finding in asked(name, rule.otherwise)]
    findings = causes_first(findings)
    findings = [replace(finding, evidence=evidence(finding.cause, training, benchmark)) for finding in findings]
    record = replace(training, not_measured=(*training.not_measured, *failed))
    return Diagnosis(with_origin(training), tuple(findings), clip_advice(training), record)


def with_origin(training: KerasTraining) -> Outcome:
    """The outcome, which of a training that diverged says where the first value that is not finite was born."""
    outcome, origin = training.outcome, training.origin
    return replace(outcome, sentence=f"{outcome.sentence}; {origin.sentence}") if origin and outcome.word == "diverged" else outcome


def causes_first(findings: Sequence[Finding]) -> list[Finding]:
    """The causes, then the symptoms: findings that another one can bring about which began before, or at the same step and is named first."""
    consequences = {rule.name: rule.keras.consequences for rule in RULES if rule.keras is not None}
    in_time = sorted(findings, key=lambda finding: finding.step)  # stable, so that those of one step stay in causal order
    follows: dict[int, str] = {}
    for place, finding in enumerate(in_time):
        before = (each for each in in_time[:place] if id(each) not in follows and finding.cause in consequences[each.cause])
        if (cause := next(before, None)) is not None:
            follows[id(finding)] = cause.cause
    causes = [finding for finding in findings if id(finding) not in follows]
    return [*causes, *(replace(finding, follows=follows[id(finding)]) for finding in findings if id(finding) in follows)]
