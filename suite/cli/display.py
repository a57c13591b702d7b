"""The progress of a run: a live bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from unvanish.suite.execution.forecast import remember_benchmark
from unvanish.suite.experiment.plan import Cohort, Plan
from unvanish.suite.experiment.trial import Result
from unvanish.suite.redaction import redact
from unvanish.suite.run import ProgressCallback

EVERY = 50.0  # seconds between two lines of progress where there is no bar
COLOURS = {"solved": "green", "learning": "yellow", "exploded": "red", "failed": "bold red"}


class Display(ProgressCallback):
    """Print the progress on standard error."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.started = monotonic()
        self.trained = 0.0
        self.bar: Progress | None = None

    def message(self, line: str) -> None:
        self.console.print(redact(line), markup=False)

    @contextmanager
    def training(self, pending: Plan) -> Iterator[None]:
        """Show the progress through the trials of a plan while the block runs, each counted by its cost; a grid that grows adds to them."""
        self.name = pending.profile.name
        self.known = {cohort.label: cohort.trials for cohort in pending.cohorts}
        self.total = sum(cohort.trials * cohort.cost_of_trial for cohort in pending.cohorts)
        self.left = len(pending.cohorts)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
        )
        ended = Event()
        lines = Thread(target=self.print_progress_until, args=(ended, monotonic()), daemon=True)
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal, speed_estimate_period=120) as self.bar:
            self.overall = self.bar.add_task(f"{self.name}, {self.left} cohorts to go", total=self.total)
            if not self.console.is_terminal:
                lines.start()
            try:
                yield
            finally:
                ended.set()

    def print_progress_until(self, ended: Event, began: float) -> None:
        """Print a line from time to time, so that whoever follows a log sees that the work goes on."""
        told = 0.0  # a grid that grows adds to what is to be done, but what was told is not taken back
        while not ended.wait(EVERY):
            share = min(self.trained / self.total, 1.0)
            told = max(share, told)
            left = f", about {in_minutes((monotonic() - began) * (1 - share) / share)} left" if share > 0.02 else ""
            self.message(f"{self.clock()}  {told:.0%} of the training done{left}; {self.left} cohorts to go")

    def clock(self) -> str:
        minutes, seconds = divmod(int(monotonic() - self.started), 60)
        return f"{minutes:3d}:{seconds:02d}"

    def on_steps(self, cohort: Cohort, trial_steps: int, trials: int) -> None:
        """Advance the bar by this many trial-steps of a cohort that trains so many trials."""
        assert self.bar is not None
        self.total += max(trials - self.known[cohort.label], 0) * cohort.cost_of_trial
        self.known[cohort.label] = max(trials, self.known[cohort.label])
        work = cohort.cost_of_trial * trial_steps / cohort.budget.steps
        self.trained += work
        self.bar.update(self.overall, advance=work, total=self.total)

    def on_cohort_end(self, cohort: Cohort, results: Sequence[Result], failure: str | None) -> None:
        """Print one line with the diagnoses of a cohort's evaluation trials."""
        self.left -= 1
        if self.bar is not None:
            self.bar.update(self.overall, description=f"{self.name}, {self.left} cohorts to go" if self.left else self.name)
        counts = Counter(result.diagnosis.word for result in results if result.trial.phase == "evaluate")
        words = ", ".join(f"[{COLOURS.get(word, 'default')}]{count} {word}[/]" for word, count in counts.most_common())
        self.console.print(f"{self.clock()}  {cohort.label:36} {words}")
        if failure:
            self.console.print(f"        failed to run: {failure}", style="bold red", markup=False)

    def on_training_end(self, trained: Plan, seconds: Mapping[str, float], local: bool) -> None:
        """Remember how fast this machine is, for the next `plan`."""
        if local:
            remember_benchmark(trained, self.trained, seconds)


def in_minutes(seconds: float) -> str:
    """`40 s`, `7 min` or `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
