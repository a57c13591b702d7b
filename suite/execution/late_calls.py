"""Calls on workers that have no cohort to train any more: waited for with patience, and made again where a worker dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

from distributed import CancelledError, Client, Future, KilledWorker

from unvanish.suite import plugins
from unvanish.suite.execution import remote
from unvanish.suite.execution.clusters import local_workers_of
from unvanish.suite.execution.local_workers import RETRIES
from unvanish.suite.execution.presence import Presence
from unvanish.suite.execution.stalls import FIRST_NOTICE
from unvanish.tasks.errors import UsageError

LAST = -1_000_000  # priority of what can wait for all cohorts
POLL = 5.0  # seconds after which it is looked again whether there are workers


@dataclass(frozen=True)
class LateCall:
    """A call that a worker makes or has made; `about` says what it returns, as in 'the reference predictors of adding lag 6'."""

    about: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future


def start(client: Client, about: str, function: Callable[..., Any], *arguments: Any, workers: Sequence[str] = (), priority: int = LAST) -> LateCall:
    """Submit a call after all cohorts, to one of these workers as long as there is one of them."""
    options: dict[str, Any] = {"workers": list(workers), "allow_other_workers": True} if workers else {}
    future = remote.submit(client, f"unvanish-late-{uuid4().hex}", function, *arguments, priority=priority, **options)
    return LateCall(about, function, arguments, future)


def result(call: LateCall, presence: Presence, on_message: Callable[[str], None], limit: float | None) -> Any:
    """Wait for what a call returns; where its worker died another one makes it.

    Raises what the call raised, and `TimeoutError` where it took longer than `limit` seconds.
    """
    for retry in range(RETRIES + 1):
        wait(call, presence, on_message, limit)
        try:
            returned = remote.result(call.future)
        except KilledWorker:
            if retry == RETRIES:
                raise
            call = start(presence.client, call.about, call.function, *call.arguments)
        else:
            presence.on_progress()
            return returned
    raise AssertionError


def told(call: LateCall, what: str, presence: Presence, on_message: Callable[[str], None], limit: float | None) -> Any:
    """Return what a call does; None where it failed or took too long, which is a message: it is no reason to lose what was trained.

    Raises `UsageError` where the scheduler is gone, or there has been no worker for too long.
    """
    try:
        return result(call, presence, on_message, limit)
    except (CancelledError, UsageError):  # of the scheduler
        raise
    except TimeoutError:
        on_message(f"{call.about} took longer than the time limit of {limit:g} s and are left out")
    except Exception as error:  # whatever the worker raised
        on_message(f"{call.about} could not be {what}: {plugins.reason_of(error)}")
    return None


def wait(call: LateCall, presence: Presence, on_message: Callable[[str], None], limit: float | None) -> None:
    """Wait until a call has ended, and say where that takes long; give up after `limit` seconds with `TimeoutError`."""
    began, next_notice = monotonic(), FIRST_NOTICE
    while not ends_within(call.future, POLL):
        if line := presence.check():
            on_message(line)
        seconds = monotonic() - began
        if limit is not None and seconds > limit:
            give_up(call.future)
            raise TimeoutError
        if seconds >= next_notice:
            next_notice *= 2
            on_message(f"still waiting for {call.about}")


def ends_within(future: Future, seconds: float) -> bool:
    """Wait for a future, but not longer than so many seconds; return whether it has ended."""
    with suppress(Exception):  # it is asked for its result later
        future.result(timeout=seconds)
    return bool(future.done())


def give_up(future: Future) -> None:
    """Take back a future that takes too long, and end the worker process that computes it where this process started it."""
    workers = [worker for worker, keys in future.client.processing().items() if future.key in keys]
    future.cancel(force=True)
    if local := local_workers_of(future.client):
        for worker in workers:
            local.replace(worker)
