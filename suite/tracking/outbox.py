"""What is trained and not sent yet: staged folders below the output folder, sent in the order they were written.

Beside them lies `open.json` from the start of a benchmark until its run is closed: whoever comes after a process that was killed, or that the store
did not answer, finds in it what there is to close.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from unvanish.suite.experiment.plan_record import Record
from unvanish.suite.output import atomic_write
from unvanish.suite.redaction import redact
from unvanish.suite.tracking.addresses import default_uri
from unvanish.suite.tracking.retries import Retries
from unvanish.suite.tracking.sending import send
from unvanish.suite.tracking.staged import FILES, StagedCondition, read_staged, staged_folders
from unvanish.suite.tracking.store import Store

UNSENT, OPEN = "unsent", "open.json"
Status = Literal["FINISHED", "FAILED", "KILLED"]


class OpenBenchmark(Record):
    """A benchmark whose run is not closed.

    address   that of the store, without passwords
    status    the one to close the run with: KILLED until all of it was trained
    """

    run_id: str
    address: str
    status: Status = "KILLED"


class Outbox:
    """The staged folders below an output folder on their way to a store."""

    def __init__(self, output: Path, store: Store, retries: Retries, tell: Callable[[str], None]) -> None:
        self.folder, self.store, self.retries, self.tell = output / UNSENT, store, retries, tell
        self.pending = staged_folders(self.folder)
        self.new: set[Path] = set()  # written by this process, and never tried to send

    def add(self, staged: Path) -> None:
        """Add a folder that this process has just written."""
        self.pending.append(staged)
        self.new.add(staged)

    def send(self) -> None:
        """Send all that is pending; raises what the store raises, and what was sent before is removed then."""
        while self.pending:
            folder = self.pending[0]
            try:
                item = read_staged(folder)
            except (OSError, ValueError) as error:
                self.set_aside(folder, error)
                continue
            new = folder in self.new
            self.new.discard(folder)
            send(self.store, folder, item, new)
            del self.pending[0]
            shutil.rmtree(folder, ignore_errors=True)

    def set_aside(self, folder: Path, error: Exception) -> None:
        """Take a damaged folder out of the way; its condition is trained again."""
        aside = folder.with_name(f"damaged-{folder.name}")
        os.rename(folder, aside)
        self.pending.remove(folder)
        self.tell(f"what was kept in {folder} is damaged ({first_words(error)}); it is now {aside}, and is trained again")

    def benchmarks(self) -> set[str]:
        """The runs of the benchmarks of what is pending; what is damaged is left out."""
        found = set()
        for folder in self.pending:
            with suppress(OSError, ValueError):
                found.add(read_staged(folder).benchmark_run)
        return found

    def opened(self) -> OpenBenchmark | None:
        """The benchmark that was not closed; None where there is none."""
        try:
            return OpenBenchmark.model_validate_json((self.folder / OPEN).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def open(self, benchmark: OpenBenchmark) -> None:
        """Note a benchmark that is to be closed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.folder / OPEN) as path:
            path.write_text(benchmark.model_dump_json(), encoding="utf-8")

    def closed(self) -> None:
        """Note that the benchmark is closed, and remove the folder if nothing else is in it."""
        (self.folder / OPEN).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def what_is_kept(self) -> str:
        """Say how many conditions are kept where, and what sends them."""
        count = sum((folder / FILES[StagedCondition]).is_file() for folder in self.pending)
        output, uri = self.folder.parent, self.retries.uri
        if count:
            kept = f"{count} condition{'s' if count > 1 else ''} that it does not have {'are' if count > 1 else 'is'} kept in {self.folder}"
        else:
            kept = "it has every condition that was trained"
        address = [] if uri == default_uri(output) else ["--tracking-uri", redact(uri)]
        return f"{kept}; when it answers again, send what is left with: {shlex.join(['unvanish', 'sync', '--output', str(output), *address])}"


def first_words(error: Exception) -> str:
    """The first line of an error, shortened."""
    return str(error).strip().split("\n")[0][:200]


def has_unsent(output: Path) -> bool:
    """Return whether an output folder has anything to send or to close."""
    return bool(staged_folders(output / UNSENT)) or (output / UNSENT / OPEN).is_file()
