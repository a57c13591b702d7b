"""What is done while a store does not answer: it is said once, and tried again after ever longer pauses."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests
import sqlalchemy
from mlflow.exceptions import MlflowException

from unvanish.suite.redaction import redact
from unvanish.suite.tracking.store import Unreachable, first_line
from unvanish.tasks.errors import UsageError

# whatever keeps a store from taking what is sent: it is not there, is locked, refuses, or its disk is full
STORE_ERRORS = (MlflowException, sqlalchemy.exc.SQLAlchemyError, requests.RequestException, Unreachable, OSError)
WAIT = 120.0  # seconds that a store is waited for where nothing else is left to do
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds until the next attempt, which double
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

T = TypeVar("T")
clock, sleep = time.monotonic, time.sleep


class StoreError(UsageError):
    """A store that did not take what it should, after all attempts."""


class Retries:
    """Attempts to reach one store.

    uri     the address of the store
    kept    the folder that keeps meanwhile what is to be sent, for the message
    tell    is called with a line when the store does not answer, and when it does again
    """

    def __init__(self, uri: str, kept: Path, tell: Callable[[str], None]) -> None:
        self.uri, self.kept, self.tell = uri, kept, tell
        self.pause = 0.0  # after the last attempt; 0 while the store answers
        self.next_attempt = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time for an attempt."""
        return clock() >= self.next_attempt

    def failed(self, error: BaseException) -> None:
        """Note an attempt that failed."""
        if not self.pause:
            self.tell(
                f"the store at {redact(self.uri)} does not answer or cannot be written ({first_line(error, self.uri)}); "
                f"what is trained is kept in {self.kept} and sent when it can be"
            )
        self.pause = min(2 * self.pause or FIRST_PAUSE, LONGEST_PAUSE)
        self.next_attempt = clock() + self.pause

    def worked(self) -> None:
        """Note an attempt that did not fail."""
        if self.pause:
            self.tell(f"the store at {redact(self.uri)} answers again")
        self.pause = self.next_attempt = 0.0

    def attempt(self, action: Callable[[], object]) -> bool:
        """Call an action once if it is time for an attempt, and return whether the store took it."""
        if not self.due:
            return False
        try:
            action()
        except STORE_ERRORS as error:
            self.failed(error)
            return False
        self.worked()
        return True

    def insist(self, action: Callable[[], T]) -> T:
        """Call an action until the store takes it, and return what it returns; raises `StoreError` after `WAIT` seconds, at once where waiting is no help."""
        deadline = clock() + WAIT
        while True:
            try:
                result = action()
            except STORE_ERRORS as error:
                self.failed(error)
                if needs_help(error) or clock() + self.pause > deadline:
                    raise StoreError(f"the store at {redact(self.uri)} does not answer or cannot be written ({first_line(error, self.uri)})") from error
                sleep(self.pause)
            else:
                self.worked()
                return result


def needs_help(error: BaseException) -> bool:
    """Return whether an error stays until somebody makes room on the disk."""
    return getattr(error, "errno", None) in FULL or "disk is full" in str(error)
