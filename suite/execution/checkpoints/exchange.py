"""The way of checkpoints between a worker and the process that follows the run, which has them on disk.

A worker keeps the newest checkpoint of what it trains in its memory, and tells by an event that there is one. The other process fetches it by a call on that
worker, and hands the one that it has to a worker that begins the cohort, whichever that is and for whatever reason. Such calls pass through the
scheduler, which keeps them nowhere, while it keeps events and the arguments of tasks; and they need no folder that machines share.
"""

from __future__ import annotations

import threading
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from distributed import Client

HANDOVER_TIMEOUT = 60.0  # seconds for which a worker waits for a checkpoint that it was promised


class Superseded(BaseException):
    """The training goes on from a checkpoint that has just been handed over. No error: what catches those of trials must not catch this."""


@dataclass
class Exchange:
    """The checkpoints of a cohort that this worker trains.

    newest   the last one that was taken here, to be fetched
    handed   one that was handed over, until the training goes on from it
    arrived  whether one was handed over
    """

    newest: bytes | None = None
    handed: bytes | None = None
    arrived: threading.Event = field(default_factory=threading.Event)

    def take(self) -> bytes | None:
        """Return the checkpoint that was handed over, once; None where there is none."""
        content, self.handed = self.handed, None
        return content


EXCHANGES: dict[str, Exchange] = {}  # of this worker process, by the key of the cohort's task


@contextmanager
def exchange_for(key: str) -> Iterator[Exchange]:
    """The exchange of a cohort while it is trained."""
    EXCHANGES[key] = Exchange()
    try:
        yield EXCHANGES[key]
    finally:
        del EXCHANGES[key]


def newest_checkpoint(key: str) -> bytes | None:
    """Return the newest checkpoint of a cohort that this worker trains; runs on the worker."""
    exchange = EXCHANGES.get(key)
    return exchange.newest if exchange else None


def receive_checkpoint(key: str, content: bytes) -> None:
    """Take over a checkpoint of a cohort that this worker trains; runs on the worker."""
    if exchange := EXCHANGES.get(key):
        exchange.handed = content
        exchange.arrived.set()


@dataclass(frozen=True)
class Fetched:
    """A checkpoint of the cohort whose task has this key, as a worker had it."""

    key: str
    content: bytes


def fetch_checkpoint(client: Client, key: str, worker: str, received: Callable[[Fetched], None]) -> None:
    """Fetch the newest checkpoint of a cohort from a worker without waiting for it; none is received where the worker has gone."""

    def fetch() -> None:
        content = client.run(newest_checkpoint, key, workers=[worker])[worker]
        if content:
            received(Fetched(key, content))

    in_background(fetch)


def hand_over_checkpoint(client: Client, key: str, worker: str, content: bytes) -> None:
    """Hand a checkpoint of a cohort to a worker without waiting for it."""
    in_background(lambda: client.run(receive_checkpoint, key, content, workers=[worker]))


def in_background(call: Callable[[], object]) -> None:
    """Make a call on a worker in a thread of its own, since one that hangs does not answer, while others are to be followed.

    What it raises is of a worker that has gone, or of a client that was closed: then there is nothing to fetch and nobody to hand over to.
    """

    def run() -> None:
        with suppress(Exception, CancelledError):
            call()

    threading.Thread(target=run, daemon=True).start()
