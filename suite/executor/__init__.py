"""Runs cohorts on worker processes: one a core here, or those of a Dask cluster. Each worker computes with one thread."""

from suite.executor.clusters import cluster_at, local_workers
from suite.executor.cohorts import Done, Progress, failed_results, run
from suite.executor.references import collect_references, start_references
from suite.executor.worker import prepare_tensorflow

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
