"""What a run shows while it works: a live bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from suite.plan import Cohort
from suite.trial import Result

COLOURS = {"solved": "green", "learning": "yellow", "exploded": "red", "failed": "bold red"}


class Display:
    """Says what happens, on standard error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.started = monotonic()
        self.steps: dict[str, int] = {}
        self.bar: Progress | None = None

    def say(self, line: str) -> None:
        self.console.print(line, markup=False)

    @contextmanager
    def progress(self, cohorts: Sequence[Cohort]) -> Iterator[None]:
        """Shows the progress through these cohorts while the block runs; their work counts by its cost, not by its number."""
        self.total = sum(cohort.cost for cohort in cohorts)
        self.left = len(cohorts)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
        )
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal, speed_estimate_period=120) as self.bar:
            self.overall = self.bar.add_task(f"{self.name}, {self.left} cohorts to go", total=self.total)
            yield

    def advance(self, cohort: Cohort, trial_steps: int) -> None:
        """A cohort has trained this many more trial-steps."""
        whole = cohort.trials * cohort.budget.steps
        self.steps[cohort.label] = min(self.steps.get(cohort.label, 0) + trial_steps, whole)
        assert self.bar is not None
        self.bar.update(self.overall, advance=cohort.cost * trial_steps / whole)

    def done(self, cohort: Cohort, results: Sequence[Result], failure: str | None) -> None:
        """A cohort has ended: one line with what became of its evaluation trials."""
        self.left -= 1
        if self.bar is not None:
            self.bar.update(self.overall, description=f"{self.name}, {self.left} cohorts to go" if self.left else self.name)
        counts = Counter(result.diagnosis.word for result in results if result.trial.phase == "evaluate")
        words = ", ".join(f"[{COLOURS.get(word, 'default')}]{count} {word}[/]" for word, count in counts.most_common())
        minutes, seconds = divmod(int(monotonic() - self.started), 60)
        self.console.print(f"{minutes:3d}:{seconds:02d}  {cohort.label:36} {words}")
        if failure:
            self.console.print(f"        failed to run: {failure}", style="bold red", markup=False)
