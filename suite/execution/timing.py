"""The time breakdown of a benchmark: seconds by part, as metrics of its run and as a table of its report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, thread_time

PREFIX = "time/"

BY_WORKERS = {
    "worker startup": "loading TensorFlow, once a worker",
    "compiling": "tracing and compiling programs, or loading them from disk",
    "drawing": "drawing the training sequences",
    "training": "training steps",
    "evaluation": "loss and metric on the validation and test sets",
    "probes": "the gradient through time, units, recurrent weights",
    "export": "writing the best trial of each condition as a Keras model",
    "references": "scikit-learn's reference predictors",
    "step costs": "timing a training step of each mitigation alone, its programs' compilation included",
    "waiting": "workers without work: at the end, and between cohorts",
}
PARTS = {
    "startup": "loading the suite, opening tracking, starting the workers",
    **BY_WORKERS,
    "tracking": "writing to MLflow while the workers train, in processor time",
    "report": "reading from MLflow and drawing the report",
}
ALONE = ("startup", "report")  # while these last, the workers have nothing to do
OVERHEAD = ("startup", "worker startup", "compiling", "probes", "export", "step costs", "tracking", "report")


class TimeBreakdown:
    """The time of this process and its workers, from now on; continued where a benchmark is run in several goes."""

    def __init__(self) -> None:
        self.began = perf_counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.workers = 1

    def started(self, workers: int) -> None:
        """All is ready for training, on so many workers."""
        self.seconds["startup"], self.workers = perf_counter() - self.began, workers

    @contextmanager
    def spent_on(self, part: str) -> Iterator[None]:
        """Adds the processor time of what is done beside the workers: while it waits for a core, they have it."""
        start = thread_time()
        try:
            yield
        finally:
            self.seconds[part] += thread_time() - start

    def add_worker_seconds(self, seconds: Mapping[str, float]) -> None:
        """Adds what a worker spent on a cohort."""
        for part, spent in seconds.items():
            self.seconds[part] += spent

    def metrics(self, before: Mapping[str, float]) -> dict[str, float]:
        """The times as metrics, added to those of earlier runs; without the report, which is still to be drawn."""
        now = dict(self.seconds) | {"wall": perf_counter() - self.began}
        busy = sum(now.get(part, 0.0) for part in BY_WORKERS)
        now["waiting"] = max(self.workers * (now["wall"] - now.get("startup", 0.0)) - busy, 0.0) if busy else 0.0
        total = {part: seconds + before.get(metric(part), 0.0) for part, seconds in now.items()}
        return {metric(part): seconds for part, seconds in total.items()} | {metric("workers"): self.workers}


def metric(part: str) -> str:
    """Return the name of the metric for a part of the work."""
    return PREFIX + part.replace(" ", "_")


@dataclass(frozen=True)
class Row:
    """A part of the work: its seconds, summed over the processes, and the share of the wall time they make, side by side."""

    part: str
    meaning: str
    seconds: float
    share: float

    @property
    def overhead(self) -> bool:
        return self.part in OVERHEAD


def table(metrics: Mapping[str, float]) -> list[Row]:
    """The times of a benchmark from its metrics; empty where no time was taken."""
    if metric("wall") not in metrics:
        return []
    wall, workers = metrics[metric("wall")] + metrics.get(metric("report"), 0.0), metrics[metric("workers")]
    spent = {part: metrics.get(metric(part), 0.0) for part in PARTS}
    return [Row(part, meaning, spent[part], spent[part] / (1 if part in ALONE else workers) / wall) for part, meaning in PARTS.items() if spent[part]]
