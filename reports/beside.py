"""Work in other processes beside this one: half of the time that a page takes is drawing, the other half reading tables and writing sentences."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from unvanish.suite import plugins

MOST = 4  # processes; a page has some hundred panels
Given = ParamSpec("Given")
Returned = TypeVar("Returned")


class Helpers:
    """The processes, and what they were asked for."""

    def __init__(self, importing: str) -> None:
        processes = min(MOST, os.cpu_count() or 1)
        self.pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=prepare, initargs=(plugins.used(), importing))
        self.asked: list[Future[Any]] = []
        mine = signal.signal(signal.SIGINT, signal.SIG_IGN)  # they inherit that Ctrl-C is none of theirs, from their first moment
        try:
            for _ in range(processes):
                self.pool.submit(os.getpid)  # starts one, which imports what it needs while there is nothing to do yet
        finally:
            signal.signal(signal.SIGINT, mine)


HELPERS: ContextVar[Helpers | None] = ContextVar("HELPERS", default=None)


@contextmanager
def processes(importing: str) -> Iterator[None]:
    """As long as this holds, what is to be done `later` is done in processes of its own, which have imported a module beforehand.

    The module is named, so that they can begin before this process has imported it.
    """
    helpers = Helpers(importing)
    token = HELPERS.set(helpers)
    try:
        yield
    finally:
        HELPERS.reset(token)
        helpers.pool.shutdown(cancel_futures=True)


def later(function: Callable[Given, Returned], *arguments: Given.args, **named: Given.kwargs) -> Future[Returned]:
    """What a function returns or raises, as soon as there is a process for it; at once where there are none. Function and arguments can be pickled."""
    if helpers := HELPERS.get():
        asked = helpers.pool.submit(function, *arguments, **named)
        helpers.asked.append(asked)
        return asked
    done: Future[Returned] = Future()
    done.set_result(function(*arguments, **named))
    return done


def wait() -> None:
    """Until all is done that was asked for; raises what it raised."""
    if helpers := HELPERS.get():
        for asked in helpers.asked:
            asked.result()


def prepare(used: Sequence[plugins.Plugin], importing: str) -> None:
    """Makes a process ready: with the plug-ins of the one that asked for it, which it does not outlive."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    import_module(importing)
    plugins.use(used)


def end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
