"""The checkpoints of a run on disk: one file for each cohort that is being trained, in a folder beside its results."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from unvanish.suite.execution.checkpoints.file_format import DamagedCheckpoint, header_of
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.experiment.versions import Environment
from unvanish.suite.output import atomic_write, remove

INTERVAL = 120.0  # seconds between two checkpoints of a cohort
MAX_NAME = 80  # characters of a file's name that tell the cohort
SUFFIX = ".checkpoint"


@dataclass(frozen=True)
class CheckpointFolder:
    """The folder of the checkpoints, which exists while there are some, the seconds between two of a cohort, and the code that may go on from them."""

    path: Path
    interval: float
    environment: Environment

    def file(self, cohort: Cohort) -> Path:
        """Return the path of a cohort's checkpoint; other conditions of the same task, lag and model have another one."""
        decides = [[condition.fingerprint for condition in cohort.conditions], [combination.name for combination in cohort.planned], cohort.max_length]
        digest = hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]
        return self.path / f"{re.sub(r'[^A-Za-z0-9]+', '-', cohort.label)[:MAX_NAME]}-{digest}{SUFFIX}"

    def begin(self, cohorts: Iterable[Cohort], fresh: bool) -> list[str]:
        """Remove the checkpoints of cohorts that are to be trained anew; else set aside those that are damaged, and remove those of other code.

        Returns a sentence for each cohort that is trained from its beginning although it had one.
        """
        lines = []
        for unfinished in self.path.glob(".*.unfinished"):  # of a process that was killed while it wrote
            unfinished.unlink()
        for cohort in cohorts:
            file = self.file(cohort)
            if fresh:
                self.remove(cohort)
            elif file.exists():
                try:
                    header = header_of(file.read_bytes())
                except (DamagedCheckpoint, OSError) as error:
                    aside = file.with_suffix(".damaged")
                    file.replace(aside)
                    lines.append(f"the checkpoint of {cohort.label} is damaged ({error}) and kept as {aside}; the cohort is trained from its beginning")
                else:
                    if header.get("of", {}).get("environment") != asdict(self.environment):
                        self.remove(cohort)
                        lines.append(f"the checkpoint of {cohort.label} was taken by other code or libraries; the cohort is trained from its beginning")
        return lines

    def load(self, cohort: Cohort) -> bytes | None:
        """Return the checkpoint of a cohort; None where there is none."""
        try:
            return self.file(cohort).read_bytes()
        except FileNotFoundError:
            return None

    def store(self, cohort: Cohort, content: bytes) -> None:
        """Store a checkpoint in place of an older one; raises `OSError` where the disk is full, and then the older one is kept."""
        self.path.mkdir(exist_ok=True)
        with atomic_write(self.file(cohort)) as unfinished:
            unfinished.write_bytes(content)

    def remove(self, cohort: Cohort) -> None:
        """Remove the checkpoint of a cohort that has ended."""
        self.file(cohort).unlink(missing_ok=True)
        remove([self.path])
