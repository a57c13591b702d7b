"""Send what was trained while the store did not answer, and close the benchmark that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unvanish.suite.locking import only_one_run
from unvanish.suite.output import output_folder
from unvanish.suite.run import report


def sync(output: Path, tracking_uri: str | None, tell: Callable[[str], None]) -> bool:
    """Send what an output folder keeps to the store, write the report again, and close the benchmark; return whether there was anything to do.

    Raises `UsageError` where the store does not answer, or is another one than that of the benchmark.
    """
    from unvanish.suite.tracking import Tracker, default_uri, has_unsent

    if not has_unsent(output):
        return False
    with output_folder(output) as folder, only_one_run(folder):
        tracker = Tracker(tracking_uri or default_uri(folder), folder, tell)
        if tracker.outbox.pending:
            tell(f"sending what is kept in {tracker.outbox.folder}")
        left = tracker.send_unsent()
        if left:
            with tracker.closing(tracker.reopen(left)) as writer:
                tell("writing the report")
                report(writer, folder)
    return True
