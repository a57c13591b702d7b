"""The progress of a run: a live bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from unvanish.suite.cli.terminal import PlainConsole, styled
from unvanish.suite.execution.forecast import remember_benchmark
from unvanish.suite.execution.time_left import CohortProgress, Timeline
from unvanish.suite.experiment.plan import Cohort, Plan, longest_first
from unvanish.suite.experiment.trial import Result
from unvanish.suite.redaction import redact
from unvanish.suite.run import ProgressCallback

FIRST, EVERY = 10.0, 50.0  # seconds until the first line of progress where there is no bar, and the most between two of them
COLOURS = {"solved": "green", "learning": "yellow", "exploded": "red", "failed": "bold red"}


class Display(ProgressCallback):
    """Print the progress on standard error."""

    def __init__(self) -> None:
        self.console = PlainConsole(stderr=True, soft_wrap=True)
        self.started = monotonic()
        self.trained = 0.0
        self.bar: Progress | None = None

    def message(self, line: str) -> None:
        self.console.print(redact(line))

    @contextmanager
    def training(self, pending: Plan, workers: int) -> Iterator[None]:
        """Show the progress through the work of a plan, and the time left, while the block runs."""
        self.name, self.left, self.began = pending.profile.name, len(pending.cohorts), monotonic()
        self.timeline = Timeline({cohort.label: planned_work(cohort) for cohort in longest_first(pending.cohorts)}, workers)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        ended = Event()
        lines = Thread(target=self.print_progress_until, args=(ended,), daemon=True)
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as self.bar:
            self.overall = self.bar.add_task(self.name, total=1.0, left="")
            self.update_bar()
            if not self.console.is_terminal:
                lines.start()
            try:
                yield
            finally:
                ended.set()

    def print_progress_until(self, ended: Event) -> None:
        """Print a line from time to time, so that whoever follows a log sees that the work goes on: soon at first, then less often."""
        told, pause = 0.0, FIRST
        while not ended.wait(min(pause, EVERY)):
            pause *= 2
            told = max(self.timeline.share(), told)  # more work may turn up, but what was told is not taken back
            self.message(f"{self.clock()}  {told:.0%} of the training done, {self.time_left()}; {self.cohorts_left()}")

    def time_left(self) -> str:
        """Return the time left in words; before it can be told, what the workers do."""
        seconds = self.timeline.seconds_left(monotonic() - self.began)
        if seconds is not None:
            return f"about {in_minutes(seconds)} left"
        return "measuring the speed" if self.trained else "compiling the first programs"

    def cohorts_left(self) -> str:
        """Return the number of cohorts left in words."""
        return f"{self.left} cohort{'s' if self.left != 1 else ''} to go"

    def update_bar(self) -> None:
        """Show how things stand now."""
        assert self.bar is not None
        self.bar.update(self.overall, completed=self.timeline.share(), left=self.time_left(), description=f"{self.name}, {self.cohorts_left()}")

    def clock(self) -> str:
        minutes, seconds = divmod(int(monotonic() - self.started), 60)
        return f"{minutes:3d}:{seconds:02d}"

    def on_steps(self, cohort: Cohort, trial_steps: int, trials: int) -> None:
        """Advance by this many trial-steps of a cohort that trains so many trials."""
        work = cohort.cost_of_trial * trial_steps / cohort.budget.steps
        self.trained += work
        self.timeline.on_work(cohort.label, work, trials * cohort.cost_of_trial, monotonic() - self.began)
        self.update_bar()

    def on_cohort_end(self, cohort: Cohort, results: Sequence[Result], failure: str | None) -> None:
        """Print one line with the diagnoses of a cohort's evaluation trials."""
        self.left -= 1
        self.timeline.on_end(cohort.label, monotonic() - self.began)
        self.update_bar()
        counts = Counter(result.diagnosis.word for result in results if result.trial.phase == "evaluate")
        words = Text(", ").join(Text(f"{count} {word}", COLOURS.get(word, "default")) for word, count in counts.most_common())
        self.console.print(styled(f"{self.clock()}  {cohort.label:36} ").append_text(words))
        if failure:
            self.console.print(f"        failed to run: {failure}", style="bold red")

    def on_training_end(self, trained: Plan, seconds: Mapping[str, float], local: bool) -> None:
        """Remember how fast this machine is, for the next `plan`."""
        if local:
            remember_benchmark(trained, self.trained, seconds)


def planned_work(cohort: Cohort) -> CohortProgress:
    """Return the work of a cohort before it begins."""
    fewest, most = cohort.trials * cohort.cost_of_trial, cohort.most_trials * cohort.cost_of_trial
    return CohortProgress(cohort.model, fewest, fewest, most)


def in_minutes(seconds: float) -> str:
    """`40 s`, `7 min` or `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
