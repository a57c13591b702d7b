"""`unvanish ui`: MLflow's own pages on the results."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from time import sleep
from typing import Annotated

import typer

from unvanish.suite.cli.options import DEFAULT_OUTPUT, Output, TrackingUri
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

HOST = "127.0.0.1"


def ui(
    output: Output = DEFAULT_OUTPUT,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 5000,
    tracking_uri: TrackingUri = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the table of conditions in a browser.")] = False,
) -> int:
    """Serve the MLflow UI on 127.0.0.1 until Ctrl-C, and print links to the views worth opening."""
    from unvanish.suite.tracking import default_uri, links, open_existing, refresh_views

    uri = tracking_uri or default_uri(output)
    store = open_existing(uri)
    refresh_views(store)
    if uri.startswith("http"):  # a server has pages of its own
        print_links(links(store, redact(uri).rstrip("/")))
        if open_browser:
            webbrowser.open(links(store, uri.rstrip("/"))[0][1])
        return 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(f"port {port} cannot be used ({error.strerror}); give another one with --port") from None
    server = f"http://{HOST}:{port}"
    views = links(store, server)
    print(f"MLflow UI on {server} in about ten seconds; Ctrl-C ends it", flush=True)
    print_links(views)
    if open_browser:
        threading.Thread(target=open_when_ready, args=(server, views[0][1]), daemon=True).start()
    return serve(store.client.tracking_uri, port)


def print_links(links: list[tuple[str, str]]) -> None:
    """Print each title with its address below it."""
    for title, address in links:
        print(f"{title}\n  {address}", flush=True)


def open_when_ready(server: str, address: str) -> None:
    """Open the address in a browser once the server answers."""
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{server}/health", timeout=5).close()
        except OSError:
            sleep(0.5)
        else:
            webbrowser.open(address)
            return


def serve(uri: str, port: int) -> int:
    """Run MLflow's server until it ends; the address of the store is no argument, since arguments can be seen by everyone on a machine."""
    # One process less for each of these, and no background jobs: it is one reader on one machine.
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"], env=environment)
    try:
        return server.wait()
    finally:
        server.terminate()
        server.wait()
