"""The only reader and writer of MLflow, the store of record."""

from unvanish.suite.tracking.addresses import database_file, default_uri
from unvanish.suite.tracking.experiments import VIEWS, links
from unvanish.suite.tracking.outbox import has_unsent
from unvanish.suite.tracking.reader import benchmark_run, read, read_trained, recorded_plugins
from unvanish.suite.tracking.store import open_existing, refresh_views
from unvanish.suite.tracking.writer import BenchmarkWriter, Tracker

__all__ = [
    "VIEWS",
    "BenchmarkWriter",
    "Tracker",
    "benchmark_run",
    "database_file",
    "default_uri",
    "has_unsent",
    "links",
    "open_existing",
    "read",
    "read_trained",
    "recorded_plugins",
    "refresh_views",
]
