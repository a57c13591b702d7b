"""Calls on workers, as bytes to everything between: a scheduler needs neither this project nor the plug-ins of a run.

Dask's scheduler unpickles what is submitted to it, and with it the classes of all arguments. So what is submitted is `pickle.loads` and a `Call`
that is pickled already: to unpickle it, which the worker does, is to make the call. Any worker will do, also one that joins later.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import Client, Future

from unvanish.suite import plugins
from unvanish.suite.execution.worker import LOADED, CodeMismatch, check_environment
from unvanish.suite.experiment.versions import Environment


@dataclass(frozen=True)
class Call:
    """A function and its arguments; unpickled, it is the reply of `make_call`."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the call of `make_call`, whose arguments are of no plug-in: function and arguments are bytes in it."""
        return make_call, (LOADED, plugins.active(), pickle.dumps((self.function, self.arguments)))


def submit(client: Client, key: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Future:
    """Submit a call to the workers of a client; `result` has what it returned. The options are those of `Client.submit`."""
    return client.submit(pickle.loads, pickle.dumps(Call(function, arguments)), key=key, pure=False, **options)


def result(future: Future, timeout: float | None = None) -> Any:
    """Wait for a call, for so many seconds or for ever, and return what it returned.

    Raises what it raised, `CodeMismatch` where the worker has other code, and errors of Dask.
    """
    try:
        reply = future.result(timeout=timeout)
    except ImportError:  # of `make_call`, since all else that is raised is in the reply
        raise CodeMismatch("unvanish is another version, or missing") from None
    returned, raised = pickle.loads(reply)
    if raised is not None:
        raise raised
    return returned


def make_call(client: Environment, used: tuple[plugins.Plugin, ...], call: bytes) -> bytes:
    """Load the plug-ins of a call, unpickle it and make it, in a worker of equal environment; return what was returned or raised, pickled."""
    try:
        check_environment(client, LOADED)
        plugins.activate(used)
        function, arguments = pickle.loads(call)
        return pickle.dumps((function(*arguments), None))
    except Exception as error:  # whatever the user's code raises
        return pickle.dumps((None, sendable(error)))


def sendable(error: Exception) -> Exception:
    """Return an error as it is where it can be pickled and unpickled, or else its type and message."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever the error's own class raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
