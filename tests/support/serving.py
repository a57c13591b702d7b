"""Servers on free ports of this machine, for tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

# A script for a page: MLflow unfolds its assistant over a quarter of the first page that is opened on a machine, whatever the
# server is told, and remembers under this key that it has done so.
ASSISTANT_CLOSED = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"


@contextmanager
def serving(command: Sequence[object], **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on a free port of this machine, once it answers; its output and address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*map(str, command), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        for _ in range(120):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
                break
            time.sleep(0.5)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """The address of an MLflow server of its own, which keeps all it has in `folder`."""
    store = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", folder / "files"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with serving([sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", *store], **quiet) as (_, address):
        yield address
