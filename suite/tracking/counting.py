"""Which of the stored runs of a condition counts for a benchmark: of those that ended, one of its own before another benchmark's, the newest."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow.entities import Run

FRESH_SINCE = "fresh_since"  # the tag of a benchmark that trains everything anew: ms since 1970, from when on runs of other benchmarks count for it


def counted(runs: Iterable[Run], benchmark: Run | None) -> dict[str, Run]:
    """Return the run that counts for each condition, by its fingerprint; `runs` are of conditions, the newest first.

    What is finished stands before what failed. A benchmark that trains everything anew is never reported together with what was trained before it,
    also where it was interrupted and gone on with.
    """
    best: dict[str, Run] = {}
    for run in runs:
        if run.info.status in ("FINISHED", "FAILED") and counts(run, benchmark):
            known = best.setdefault(run.data.tags["fingerprint"], run)
            if rank(run, benchmark) < rank(known, benchmark):
                best[run.data.tags["fingerprint"]] = run
    return best


def counts(run: Run, benchmark: Run | None) -> bool:
    """Return whether a condition's run counts for a benchmark; for one that has not begun yet each does."""
    return benchmark is None or is_own(run, benchmark) or run.info.start_time >= int(benchmark.data.tags.get(FRESH_SINCE, 0))


def is_own(run: Run, benchmark: Run | None) -> bool:
    """Return whether a condition was trained by this benchmark."""
    return benchmark is not None and run.data.tags.get("benchmark_run") == benchmark.info.run_id


def rank(run: Run, benchmark: Run | None) -> tuple[bool, bool]:
    """The order in which runs of one condition are chosen, the least first."""
    return run.info.status != "FINISHED", not is_own(run, benchmark)
