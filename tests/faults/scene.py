"""The place of one try: a folder with a profile, commands that run in it, and what is noticed while they do."""

from __future__ import annotations

import random
import re
import shutil
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from tests.faults.processes import MARK, TIMEOUT, UNVANISH, Started, kill_processes, wait_until_gone
from tests.faults.profiles import TINY
from tests.faults.store import finished_conditions, read_runs, read_tables, running

BEGUN, OPENED, TRAINING, COHORT, REPORT = "results in", "tracked at", "starting 1 worker", " lag ", "writing the report"  # in lines that a run tells
PATIENCE = 30.0  # seconds that processes have to end after their command
IDLE_SECONDS = 40.0  # that an undisturbed run takes at most on two idle cores
TRAINED = re.compile(r"^ *\d+:\d\d  \S.* lag \d+ \S+ ", re.MULTILINE)  # the line of a cohort that has ended


@dataclass(frozen=True)
class Truth:
    """What an undisturbed run of the profile recorded.

    seconds       how long it took
    fingerprints  of its conditions
    tables        trials, curves, probes and gradients, without what differs from run to run
    folder        a copy of its results
    """

    seconds: float
    fingerprints: frozenset[str]
    tables: dict[str, pd.DataFrame]
    folder: Path


def fingerprints_in(database: Path) -> frozenset[str]:
    """The fingerprints of the conditions that are recorded as done."""
    return frozenset(str(run.fingerprint) for run in finished_conditions(read_runs(database)))


@dataclass
class Scene:
    """One try of a fault.

    folder    of the try: profile, results, temporary files; what its processes are known by
    output    the folder of the results that are judged; `database` is their store
    running   runs that were left RUNNING by a command that was not killed
    lost      what a fault itself counted as lost
    problems  all else that should not have happened, as sentences
    notes     what was drawn
    """

    folder: Path
    cache: Path
    truth: Truth | None
    random: random.Random
    output: Path = field(init=False)
    database: Path = field(init=False)
    running: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place_results(self.folder / "results")
        self.temporary.mkdir(parents=True)
        self.write_profile(TINY)

    @property
    def temporary(self) -> Path:
        """The folder of temporary files."""
        return self.folder / "tmp"

    @property
    def profile(self) -> Path:
        """The profile that is run."""
        return self.folder / "tiny.toml"

    @property
    def seconds(self) -> float:
        """How long an undisturbed run takes."""
        assert self.truth is not None
        return self.truth.seconds

    def patience(self, seconds: float) -> float:
        """So many seconds on an idle machine, and more on one that is busy."""
        return seconds * max(1.0, self.truth.seconds / IDLE_SECONDS if self.truth else 1.0)

    def write_profile(self, text: str) -> None:
        """Write the profile."""
        self.profile.write_text(text)

    def write(self, name: str, text: str) -> Path:
        """Write a file in the folder of the try."""
        (self.folder / name).write_text(text)
        return self.folder / name

    def place_results(self, output: Path, database: Path | None = None) -> None:
        """Name the folder of the results that are judged, and the database they are tracked in."""
        self.output, self.database = output, database or output / "mlflow.db"

    def restore(self) -> None:
        """Make the results those of the undisturbed run."""
        assert self.truth is not None
        shutil.rmtree(self.output, ignore_errors=True)
        shutil.copytree(self.truth.folder, self.output)

    def expect_as_undisturbed(self) -> None:
        """Expect what an undisturbed run of the present profile records, in place of what was expected so far."""
        assert self.truth is not None
        output = self.folder / "undisturbed"
        self.run("run", self.profile, "--output", output, "--workers", "1")
        self.truth = replace(self.truth, fingerprints=fingerprints_in(output / "mlflow.db"), tables=read_tables(output))

    def command(self, *more: object) -> list[str]:
        """The words that train the profile on one worker."""
        return ["run", str(self.profile), "--output", str(self.output), "--workers", "1", *map(str, more)]

    def advise(self) -> list[str]:
        """The words that ask for the best mitigation."""
        return ["advise", "--model", "rnn", "--lag", "4", "--output", str(self.output)]

    def start(self, *words: object, program: str = UNVANISH, marked: bool = True, **environment: str) -> Started:
        """Start a command with words and further variables; a server that outlives commands is not marked as belonging to them."""
        own = {"TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(self.cache), "PYTHONHASHSEED": "0", "COLUMNS": "200"}
        started = Started([program, *map(str, words)], own | ({MARK: str(self.folder)} if marked else {}) | environment, self.folder)
        self.started.append(started)
        return started

    def run(self, *words: object, status: int | tuple[int, ...] = 0, says: str = "", **environment: str) -> Started:
        """Run a command to its end, and check it as `check` does."""
        return self.check(self.start(*words, **environment), status, says)

    def resume(self, *more: object, says: str = "") -> Started:
        """Train what is missing, which must succeed, and must leave finished what was."""
        before = self.finished_now()
        started = self.run(*self.command(*more), says=says)
        self.lost += len(before - self.finished_now())
        return started

    def finished_now(self) -> set[str]:
        """The fingerprints of conditions that are recorded as done."""
        return set(fingerprints_in(self.database))

    def check(self, started: Started, status: int | tuple[int, ...] = 0, says: str = "", alone: bool = True) -> Started:
        """Wait for the end of a command that was not killed, and note what is wrong with it.

        status  what it may end with
        says    a regular expression of what must have been told
        alone   whether no other process of the try may be left then
        """
        found, allowed = started.wait(self.patience(TIMEOUT)), status if isinstance(status, tuple) else (status,)
        what = f"'unvanish {started.command[1]}'"
        if found is None:
            kill_processes(self.folder)
            return self.note(started, f"{what} did not end in {self.patience(TIMEOUT):.0f} s")
        if found not in allowed:
            self.note(started, f"{what} ended with {found}, not {' or '.join(map(str, allowed))}")
        if "Traceback" in started.output:
            self.note(started, f"{what} printed a traceback")
        if found == 2 and (sentences := sum(line.startswith("unvanish: ") for line in started.told)) != 1:
            self.note(started, f"{what} ended with 2 and {sentences} sentences")
        if says and not re.search(says, started.output):
            self.note(started, f"{what} did not say {says!r}")
        self.running += len(running(read_runs(self.database)))
        if alone:
            self.check_nothing_left(started)
        return started

    def check_nothing_left(self, started: Started) -> None:
        """Note processes and temporary files that a command left."""
        if left := wait_until_gone(self.folder, self.patience(PATIENCE)):
            self.note(started, f"left {len(left)} processes: {'; '.join(command[:80] for command in left.values())}")
            kill_processes(self.folder)
        if names := sorted(path.name for path in self.temporary.iterdir()):
            self.note(started, f"left in the temporary folder: {', '.join(names[:5])}")
            self.empty_temporary()

    def kill(self, started: Started) -> None:
        """Kill a command without warning; its workers must end by themselves, and of temporary files nothing is promised then."""
        started.kill()
        if left := wait_until_gone(self.folder, self.patience(PATIENCE)):
            self.note(started, f"{len(left)} processes outlived the command: {'; '.join(command[:80] for command in left.values())}")
            kill_processes(self.folder)
        self.empty_temporary()

    def empty_temporary(self) -> None:
        """Remove temporary files."""
        for path in self.temporary.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def note(self, started: Started | None, problem: str) -> Started:
        """Keep a problem, with the end of what the command told."""
        tail = [line.strip() for line in (started.told[-3:] if started else [])]
        self.problems.append(problem + (f" (it told last: {' / '.join(tail)[-400:]})" if any(tail) else ""))
        return started  # type: ignore[return-value]

    def expect(self, holds: bool, problem: str, started: Started | None = None) -> None:
        """Keep a problem unless something holds."""
        if not holds:
            self.note(started, problem)

    def reaches(self, started: Started, *lines: str) -> bool:
        """Wait for a drawn one of these lines that a command tells, and a drawn time more; False where it ended before.

        Lines rather than times alone, so that the moments are spread over the same parts of a run on a slow or busy machine.
        """
        line, share = self.random.choice(lines), self.random.uniform(0.0, 0.12)
        self.notes.append(f"{share * self.seconds:.1f} s after {line.strip()!r}")
        return started.wait_for_line(line) and started.lives_for(share * self.seconds)

    def reported_runs(self) -> set[str]:
        """The runs of the trials that are reported."""
        return set(pd.read_parquet(self.output / "trials.parquet").run_id.dropna()) - {""}

    def keep_results(self) -> None:
        """Copy the results to a place that outlives the disk that they are on."""
        kept = self.folder / "kept"
        shutil.copytree(self.output, kept)
        self.place_results(kept)

    def trained_cohorts(self, *started: Started) -> int:
        """The number of cohorts that commands trained."""
        return sum(len(TRAINED.findall(command.stderr)) for command in started)

    def close(self) -> None:
        """End what is left of the try, and remove its folder."""
        kill_processes(self.folder)
        for started in self.started:
            started.signal_group(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
