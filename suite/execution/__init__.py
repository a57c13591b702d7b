"""Runs cohorts on worker processes: one a core here, or those of a Dask cluster. Each worker computes with one thread."""

from unvanish.suite.execution.clusters import cluster_at, local_workers
from unvanish.suite.execution.cohorts import Done, Progress, failed_results, run
from unvanish.suite.execution.references import collect_references, start_references
from unvanish.suite.execution.worker import prepare_tensorflow

__all__ = [
    "Done",
    "Progress",
    "cluster_at",
    "collect_references",
    "failed_results",
    "local_workers",
    "prepare_tensorflow",
    "run",
    "start_references",
]
