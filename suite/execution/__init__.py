"""Run cohorts on worker processes: one a core here, or those of a Dask cluster. Each worker computes with one thread."""
