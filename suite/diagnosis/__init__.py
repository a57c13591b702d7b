"""From what was measured of a training to what it reached, what happened inside, and one word for both: one rule a cause, in `rules`."""

from unvanish.suite.diagnosis.outcomes import OUTCOMES
from unvanish.suite.diagnosis.trials import DIAGNOSES, EVENTS, RULES_VERSION, failed, judge, judge_tables

__all__ = ["DIAGNOSES", "EVENTS", "OUTCOMES", "RULES_VERSION", "failed", "judge", "judge_tables"]
