"""`unvanish ui`: MLflow's own pages on the results."""

from __future__ import annotations

import os
import socket
import sys
from typing import Annotated

import typer

from suite.cli.options import Output, TrackingUri
from suite.redaction import redact
from tasks.errors import WrongUse

HOST = "127.0.0.1"


def ui(output: Output, port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 5000, tracking_uri: TrackingUri = None) -> None:
    """Serve the MLflow UI on 127.0.0.1 until Ctrl-C."""
    from suite.tracking import default_uri, open_existing

    uri = tracking_uri or default_uri(output)
    if uri.startswith("http"):
        raise WrongUse(f"the results are at {redact(uri)}, which has its own pages; open that address in a browser")
    open_existing(uri)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise WrongUse(f"port {port} cannot be used ({error.strerror}); give another one with --port") from None
    print(f"MLflow UI on http://{HOST}:{port} in about ten seconds; Ctrl-C ends it", flush=True)
    print("group the runs by task, model and mitigation; evaluation trials have tags.kind = 'trial'", flush=True)
    # One process less for each of these, and no background jobs: it is one reader on one machine.
    # The address is not an argument, since arguments can be seen by everyone on a machine.
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = ["-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    os.execve(sys.executable, [sys.executable, *server], environment)
