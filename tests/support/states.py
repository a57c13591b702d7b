"""The states of the conditions of a store."""

from typing import Any

from unvanish.suite.tracking import Tracker


def finished(tracker: Tracker, benchmark: Any = None) -> set[str]:
    """The fingerprints of all conditions that are done and count for a benchmark."""
    return {fingerprint for fingerprint, state in tracker.states(benchmark).items() if state == "FINISHED"}
