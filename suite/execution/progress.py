"""Progress of a cohort on its way to the client: not more than one message in a while, so that one process can follow a thousand workers."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

INTERVAL = 2.0  # seconds between two messages of a cohort


class ProgressMessages:
    """Passes on progress, at most once in `INTERVAL` seconds; what comes in between is added up.

    send  is called with the trial-steps since it was last called, and the trials that are known
    now   the time in seconds
    """

    def __init__(self, send: Callable[[int, int], None], now: Callable[[], float] = monotonic) -> None:
        self.send, self.now = send, now
        self.trial_steps, self.trials, self.sent = 0, 0, now()

    def __call__(self, trial_steps: int, trials: int) -> None:
        """Add the progress of a block."""
        self.trial_steps, self.trials = self.trial_steps + trial_steps, trials
        if self.now() - self.sent >= INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Send what has not been sent yet."""
        if self.trial_steps:
            self.send(self.trial_steps, self.trials)
            self.trial_steps, self.sent = 0, self.now()
