"""From what was measured of a trial to what it reached, what happened inside, and one word for both."""

from unvanish.suite.diagnosis.events import EVENTS
from unvanish.suite.diagnosis.judge import DIAGNOSES, OUTCOMES, diagnose, failed, judge

__all__ = ["DIAGNOSES", "EVENTS", "OUTCOMES", "diagnose", "failed", "judge"]
