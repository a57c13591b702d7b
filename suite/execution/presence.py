"""Whether there is a scheduler and any worker: a run that waits for what does not come says so, and ends in a sentence in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from distributed import CancelledError, Client

from unvanish.suite.execution.clusters import local_workers_of
from unvanish.suite.execution.local_workers import MAX_DEATHS
from unvanish.suite.execution.stalls import FIRST_NOTICE
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

WORKER_TIMEOUT = 600.0  # seconds without any worker, after which a run ends
NOTICE_OF_LOSS = 2.0  # seconds within which a client notices that its connection has ended
KEPT = "what was trained is recorded"


class Presence:
    """The scheduler and the workers of a client; raises `UsageError` where the scheduler is gone already.

    limit   seconds without any worker after which the run ends
    now     the time in seconds
    """

    def __init__(self, client: Client, limit: float = WORKER_TIMEOUT, now: Callable[[], float] = monotonic) -> None:
        self.client, self.limit, self.now = client, limit, now
        if client.scheduler is None:
            raise scheduler_lost("that was given")
        self.local, self.address = local_workers_of(client), redact(client.scheduler.address)
        self.since, self.next_notice = self.now(), FIRST_NOTICE

    def on_progress(self) -> None:
        """There is a worker: it was heard of."""
        self.since, self.next_notice = self.now(), FIRST_NOTICE
        if self.local:
            self.local.on_progress()

    def check(self) -> str | None:
        """Return a line that says that there is no worker: after a minute, then after twice as long, and so on; None where there is nothing to say.

        Raises `UsageError` where the scheduler is gone, no process of this machine stays alive, or there was no worker for longer than the limit.
        """
        if self.client.status != "running":
            raise scheduler_lost(f"at {self.address}")
        if self.local and (words := self.local.gave_up()):
            raise UsageError(
                f"the worker processes of this machine died again and again, {MAX_DEATHS} in a row (the last one {words}); {KEPT}, and the same command "
                "goes on from there: see that there is memory for them, or use fewer with --workers"
            )
        if number_of_workers(self.client):
            self.since, self.next_notice = self.now(), FIRST_NOTICE
            return None
        seconds = self.now() - self.since
        if seconds < min(self.next_notice, self.limit):
            return None
        self.next_notice *= 2
        return self.absence(seconds)

    def absence(self, seconds: float) -> str:
        """Return the line that says that there has been no worker for so long; raises it as `UsageError` where that is too long."""
        if self.local:
            line, remedy = f"no worker process of this machine has come up for {seconds:.0f} s", ""
        else:
            line = f"the Dask scheduler at {self.address} has had no worker for {seconds:.0f} s"
            remedy = f"start some with `dask worker {self.address} --nthreads 1`; "
        if seconds >= self.limit:
            raise UsageError(f"{line}; {KEPT}; {remedy}the same command goes on from there, and waits longer with --worker-timeout SECONDS")
        return f"{line}; {remedy}the run ends after {self.limit:g} s without any, or as --worker-timeout SECONDS says"

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Raise `UsageError` in place of the errors of Dask where the block fails because the scheduler is gone, or was out of reach for a while."""
        try:
            yield
        except (OSError, CancelledError, AttributeError) as error:
            deadline = monotonic() + NOTICE_OF_LOSS
            while self.client.status == "running" and monotonic() < deadline:
                sleep(0.05)
            if self.client.status != "running":
                raise scheduler_lost(f"at {self.address}") from error
            if isinstance(error, CancelledError):  # Dask has connected again, and has forgotten what was submitted
                raise UsageError(
                    f"the connection to the Dask scheduler at {self.address} was lost for a while; {KEPT}, and the same command goes on from there"
                ) from error
            raise


def scheduler_lost(address: str) -> UsageError:
    """Return the error that says that the scheduler at an address is gone."""
    return UsageError(f"the Dask scheduler {address} has gone away; {KEPT}; start it and its workers again, and the same command goes on from there")


def number_of_workers(client: Client) -> int:
    """Return how many workers there are now."""
    return int(client.scheduler_info(n_workers=0).get("n_workers", 0))
