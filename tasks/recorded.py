"""Tasks on real data: a finite number of sequences in three splits, with baselines that are measured, since none can be derived."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks import baselines
from unvanish.tasks.errors import UsageError
from unvanish.tasks.machine import gib, memory_bytes
from unvanish.tasks.metrics import METRICS
from unvanish.tasks.published import Published
from unvanish.tasks.seeding import Purpose, generator
from unvanish.tasks.task import Sequences, Task

Split = Literal["training", "validation", "test"]
SPLITS: tuple[Split, ...] = ("training", "validation", "test")
REFERENCE_SEQUENCES = 5000  # that a reference predictor is fitted on at most
COPIES = 3  # of its sequences while a reference predictor is fitted: as recorded, with blank steps, as features
FEW_TESTED = 10  # sequences of a test split below which its figures say little
REFERENCE_FEATURES = 2000  # that a reference predictor is given at most


@dataclass(frozen=True)
class Facts:
    """Measurements of the data of a task at a lag, which are known without them afterwards.

    digest              SHA-256 of the data
    sequences           in training, validation and test split
    baseline_loss, baseline_metric   of the better predictor that sees nothing, or the last step alone, on the test split
    reference, reference_metric      the best of all reference predictors on the test split, evaluated after the blank steps or without them, and of those
                        that repeat an earlier target
    solved_at_metric    from which metric on the task counts as solved
    """

    digest: str
    sequences: tuple[int, int, int]
    baseline_loss: float
    baseline_metric: float
    reference: str
    reference_metric: float
    solved_at_metric: float


@dataclass(frozen=True)
class RecordedTask(Task):
    """Recorded sequences, `lag` blank steps after each (all inputs 0), and a target that is asked for at the end.

    Training draws sequences from the training split with replacement. A validation, test or probe set is a whole split, or as
    many of it as a profile says, each sequence once; the probe set is taken from the validation split. Whatever is fitted to
    data (scaling, categories, reference predictors) is fitted to the training split.

    What must be remembered is spread over the sequence: the information distance is the number of steps from the last one with
    data to the end, so it says how far a gradient must go back to teach anything at all, not how far for everything.

    solved_at   the metric from which on the task counts as solved; where it is 0, a model must be better than every reference
                predictor, evaluated after the blank steps or without them, so that no lag makes it easier: above the upper end of the
                95 % interval (Wilson) of the best one's metric on the test split. Where that one makes no mistake, nothing can be
                better, and as good is enough. A metric that is no share of right answers has no such interval, and `solved_at` is
                to be given
    """

    solved_at: float = 0.0
    facts: Facts | None = None

    minimum_lag: ClassVar[int] = 0
    default_lag: ClassVar[int] = 0
    derived: ClassVar[frozenset[str]] = frozenset({"facts"})
    asked_for: ClassVar[str] = ""  # of a task that ships; see `target_name`

    def __post_init__(self) -> None:
        super().__post_init__()
        if METRICS[self.metric].share:
            self.require("solved_at", 0, 1)
        elif self.facts is None and not self.solved_at > 0:
            raise UsageError(f"the metric of {self.name} is {self.metric}, which is no share of right answers; give solved_at, from which on it is solved")
        if self.facts is None:
            self.check_memory()
            object.__setattr__(self, "facts", measure_facts(self, self.digest))  # a frozen dataclass; equal parameters have equal facts

    def check_memory(self) -> None:
        """Raise `UsageError` where the sequences that the reference predictors are fitted to and measured on do not fit the memory of this machine."""
        sequences = self.available("reference", REFERENCE_SEQUENCES) + self.available("test", REFERENCE_SEQUENCES)
        needed, most = COPIES * 4 * sequences * self.length * self.input_size, memory_bytes()
        if needed > most:
            raise UsageError(
                f"the lag of {self.name} is {self.lag}, so its sequences have {self.length:,} steps of {self.input_size} inputs, and {sequences:,} of them "
                f"need {gib(needed)} of memory; this machine has {gib(most)}, so give a lag of at most {self.lag * most // needed:,}"
            )

    @classmethod
    def criterion(cls) -> str:
        return f"{cls.metric} better than every reference, or solved_at"

    @property
    @abstractmethod
    def digest(self) -> str:
        """SHA-256 of the data."""

    @abstractmethod
    def split_size(self, split: Split) -> int:
        """Return the number of sequences of a split."""

    @abstractmethod
    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        """The sequences of a split with these numbers, without blank steps at the end."""

    def repeated(self, split: Split, chosen: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
        """What predictors that repeat an earlier target predict for these sequences, by name: class numbers, or values; none where targets have no order."""
        return {}

    @property
    def information_distance(self) -> int:
        return self.lag

    @property
    def measured_facts(self) -> Facts:
        """The facts, which every instance has."""
        assert self.facts is not None
        return self.facts

    @property
    def baseline_loss(self) -> float:
        return self.measured_facts.baseline_loss

    @property
    def baseline_metric(self) -> float:
        return self.measured_facts.baseline_metric

    @property
    def solved_at_metric(self) -> float:  # type: ignore[override]  # a number of the class elsewhere, of the data here
        return self.measured_facts.solved_at_metric

    @property
    def answered(self) -> bool:
        """Whether a simple predictor makes no mistake, so that no network can be better and one as good counts as solved."""
        return METRICS[self.metric].meets(self.measured_facts.reference_metric, METRICS[self.metric].perfect)

    @property
    def target_name(self) -> str:
        """What is asked for, as a part of a sentence."""
        return self.asked_for or f"the {'class' if self.kind == 'classification' else 'value'} of {self.name.replace('_', ' ')}"

    @property
    def published_here(self) -> tuple[Published, ...]:
        """The figures of others that are on the data of this instance."""
        return self.published

    @property
    def account(self) -> tuple[str, ...]:
        """What is to be known of the data before anything is trained, a line each: the predictor to beat, and what is odd."""
        facts = self.measured_facts
        sign = METRICS[self.metric].sign(meets=True)
        told = f"to beat: {facts.reference}, with {self.metric_label} {facts.reference_metric:.4g} on the test split"
        return (f"{told}; solved at {sign} {facts.solved_at_metric:.4g}", *self.warnings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the data, a sentence each."""
        tested = self.measured_facts.sequences[2]
        few = (f"the test split has {tested} sequences, so few that a figure of it says little; give more rows",) if tested < FEW_TESTED else ()
        if not self.answered:
            return few
        return (
            *few,
            f"a simple predictor ({self.measured_facts.reference}) already answers everything; no network can be better, and one as good counts as solved",
        )

    def with_blanks(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        """The sequences of a split with these numbers, and `lag` blank steps after each."""
        found = self.sequences(split, chosen)
        return replace(found, inputs=np.pad(found.inputs, [(0, 0), (0, self.lag), (0, 0)]))

    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        return self.with_blanks("training", random.integers(self.split_size("training"), size=count))

    def sample(self, count: int, purpose: Purpose, seed: int = 0, *block: int) -> Sequences:
        """From the purpose's split: with replacement for training, otherwise each at most once."""
        random = generator(purpose, seed, *block)
        if purpose == "training":
            return self.draw(random, count)
        return self.with_blanks(split_for(purpose), random.permutation(self.split_size(split_for(purpose)))[:count])

    def available(self, purpose: Purpose, count: int) -> int:
        if purpose == "training":
            return count
        return min(REFERENCE_SEQUENCES if purpose == "reference" else count, self.split_size(split_for(purpose)))

    def evaluation_parts(self, purpose: Purpose, count: int, size: int) -> Iterator[Sequences]:
        """Return the parts as any task does; the last part is smaller where `count` is no multiple of `size`."""
        order = generator(purpose).permutation(self.split_size(split_for(purpose)))[:count]
        return (self.with_blanks(split_for(purpose), order[start : start + size]) for start in range(0, len(order), size))


def split_for(purpose: Purpose) -> Split:
    """Test sequences are for tests alone, and no model is trained on those that it is validated or probed with."""
    return "test" if purpose == "test" else "validation" if purpose in ("validation", "probe") else "training"


def split_indices(strata: NDArray[np.integer]) -> list[NDArray[np.intp]]:
    """Divide the numbers of things, in a fixed random order, 60 : 20 : 20 into the splits, each stratum as evenly as possible."""
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(strata))
    fifth = np.arange(len(strata)) % 5
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    return [by_stratum[fifth <= 2], by_stratum[fifth == 3], by_stratum[fifth == 4]]


@cache
def measure_facts(task: RecordedTask, digest: str) -> Facts:
    """Fit the reference predictors to the training split and measure them on the test split."""
    from threadpoolctl import threadpool_limits

    training = task.sample(task.available("reference", REFERENCE_SEQUENCES), "reference")
    count = task.available("test", REFERENCE_SEQUENCES)
    test = next(task.evaluation_parts("test", count, count))
    for split, drawn in (("training", training), ("test", test)):
        check_values(task, split, drawn)
    predictors: dict[str, tuple[baselines.Features, Callable[[Task], Any]]] = {
        "majority": (baselines.no_features, baselines.constant),
        "last step": (baselines.last_step, baselines.linear),
        f"window of {baselines.STEPS}": (baselines.window, baselines.window_estimator),
    }
    if baselines.PREVIOUS_TARGET in task.feature_groups:
        predictors["last value"] = (baselines.previous_target, baselines.linear)
    if baselines.SERIES in task.feature_groups:
        predictors["persistence"] = (baselines.series, baselines.same)
    if task.season:
        predictors["a season ago"] = (baselines.season_ago, baselines.same)
    if fits_all_steps(task):
        predictors |= {"all steps": (baselines.all_steps, baselines.linear), "network on all steps": (baselines.all_steps, baselines.network)}

    def score(name: str, *sets: Sequences) -> tuple[float, float]:
        features, estimator = predictors[name]
        return baselines.fit_and_score(task, features, estimator(task), *sets)

    with threadpool_limits(1):  # several threads take longer, and may round differently
        delayed = {name: score(name, training, test) for name in predictors}
        at_once = {name: score(name, *(without_blanks(task, sequences) for sequences in (training, test))) for name in predictors} if task.lag else delayed
    memoryless = [delayed["majority"], delayed["last step"]]
    best_of = max if METRICS[task.metric].better == "higher" else min
    metrics = {name: best_of(delayed[name][1], at_once[name][1]) for name in predictors}
    asked = generator("test").permutation(task.split_size("test"))[:count]  # in the order of `evaluation_parts`
    metrics |= {name: metric_of(task, predictions, test) for name, predictions in task.repeated("test", asked).items()}
    best = best_of(metrics, key=lambda name: metrics[name])
    return Facts(
        digest=digest,
        sequences=tuple(task.split_size(split) for split in SPLITS),  # type: ignore[arg-type]  # three of them
        baseline_loss=round(min(loss for loss, _ in memoryless), 6),  # other machines may round the last digits differently
        baseline_metric=round(best_of(metric for _, metric in memoryless), 6),
        reference=best,
        reference_metric=round(metrics[best], 6),
        solved_at_metric=task.solved_at or round(upper_bound(metrics[best], count * len(task.scored_steps)), 6),
    )


def metric_of(task: RecordedTask, predictions: NDArray[np.float64], test: Sequences) -> float:
    """Return the metric of class numbers or values that are predicted, [sequence]."""
    outputs = np.eye(task.output_size)[predictions.astype(int)] if task.kind == "classification" else predictions[:, None]
    return task.measure(outputs[:, None].astype(np.float32), test.targets)


def check_values(task: RecordedTask, split: str, sequences: Sequences) -> None:
    """Raise `UsageError` for inputs or targets that are not finite, and for classes that are none: the data are at fault then, and no network."""
    for what, values in (("inputs", sequences.inputs), ("targets", sequences.targets)):
        if wrong := int(np.sum(~np.isfinite(values))):
            raise UsageError(
                f"the task {task.name} has {wrong:,} {what} in its {split} split that are not finite; give it numbers that a network can learn from"
            )
    low, high = sequences.targets.min(), sequences.targets.max()
    if task.kind == "classification" and not (low >= 0 and high < task.output_size):
        raise UsageError(
            f"the task {task.name} has targets from {low} to {high} in its {split} split; they must be class numbers from 0 to {task.output_size - 1}"
        )


def without_blanks(task: Task, sequences: Sequences) -> Sequences:
    """Remove the blank steps after what was recorded."""
    return replace(sequences, inputs=sequences.inputs[:, : task.length - task.lag])


def fits_all_steps(task: Task) -> bool:
    """Return whether a reference predictor can be given a whole sequence as its features: a recorded task whose sequences are not too large.

    A text is none of these: a sequence has many answers, and each must not be told by what comes after it.
    """
    return isinstance(task, RecordedTask) and baselines.SYMBOLS not in task.feature_groups and task.length * task.input_size <= REFERENCE_FEATURES


def upper_bound(share: float, count: int) -> float:
    """The upper end of Wilson's 95 % interval of a share of `count`."""
    from scipy.stats import binomtest

    return float(binomtest(round(share * count), count).proportion_ci(0.95, method="wilson").high)
