"""The base class of tasks: sequences with a lag, a memoryless baseline and a criterion for solved."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown
from unvanish.tasks.log_encoding import LogEncoding
from unvanish.tasks.metrics import METRICS
from unvanish.tasks.published import Published
from unvanish.tasks.seeding import Purpose, generator

MAX_LAG = 100_000  # nothing is trained through so many steps; lists of the steps of a sequence are made when a plan is


@dataclass(frozen=True)
class Sequences:
    """Some sequences of a task.

    inputs   float32 [sequence, time, input]
    targets  int32 class numbers [sequence, loss step]; of a regression, float32 values [sequence, loss step, output]
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.int32] | NDArray[np.float32]


@dataclass(frozen=True)
class StepDescription:
    """One time step in words: the input, the target, and whether it is scored."""

    input: str
    target: str
    scored: bool


@dataclass(frozen=True)
class Task(ABC):
    """A source of sequences in which something must be remembered for `lag` steps.

    A task is a frozen dataclass whose fields are the lag and its parameters; it knows nothing of training.
    `Task(lag)` raises `UsageError` when the lag or a size is outside what the task is defined for.
    """

    lag: int

    name: ClassVar[str]
    version: ClassVar[int] = 1  # raised by hand when its sequences change; a plug-in without one is identified by its file
    summary: ClassVar[str]
    reference: ClassVar[str]
    position: ClassVar[int] = 99
    default_lag: ClassVar[int]
    minimum_lag: ClassVar[int] = 1
    kind: ClassVar[Literal["classification", "regression"]] = "classification"
    metric: ClassVar[str] = "accuracy"  # one of `unvanish.tasks.METRICS`
    tolerance: ClassVar[float | tuple[float, ...]] = 0.0  # of `within_tolerance`: for every output, or one for each, in the unit of the targets
    solved_at_metric: ClassVar[float] = 0.99  # the metric from which on it counts as solved: the lowest, or the highest where lower is better
    source_rows: ClassVar[str] = "S13"  # of the source document that the task demonstrates
    published: ClassVar[tuple[Published, ...]] = ()  # figures of others on the same data
    season: ClassVar[int] = 0  # steps of a season, of a task whose feature groups have a series; 0 where there is none
    one_hot_inputs: ClassVar[bool] = False  # whether each input vector has a single 1 and zeros, which is computed faster
    derived: ClassVar[frozenset[str]] = frozenset()  # fields that are computed from data, which nobody gives

    def __post_init__(self) -> None:
        if self.lag < self.minimum_lag:
            raise UsageError(f"the lag of {self.name} is {self.lag}; it must be a whole number of at least {self.minimum_lag}")
        if self.lag > MAX_LAG:
            raise UsageError(f"the lag of {self.name} is {shown(self.lag)}; it must be at most {MAX_LAG:,}")
        metric = METRICS[self.metric]
        if metric.kind != self.kind:
            names = " or ".join(other.name for other in METRICS if other.kind == self.kind)
            raise UsageError(f"the metric of {self.name} is {self.metric}, which is not one of a {self.kind}; give {names}")
        if metric.has_tolerance and not (np.greater(self.tolerance, 0).all() and np.size(self.tolerance) in (1, self.output_size)):
            raise UsageError(f"the tolerance of {self.name} is {self.tolerance}; give a number above 0 for all its {self.output_size} outputs, or one for each")

    def require(self, size: str, lowest: int, highest: int) -> None:
        """Raise `UsageError` unless the field `size` is between two bounds."""
        value = getattr(self, size)
        if not lowest <= value <= highest:
            raise UsageError(f"{size} of {self.name} is {value}; it must be between {lowest} and {highest}")

    @classmethod
    def criterion(cls) -> str:
        """Return the criterion for solved as text, before any parameter is known."""
        return f"{metric_with_tolerance(cls.metric, cls.tolerance)} {METRICS[cls.metric].sign(meets=True)} {cls.solved_at_metric:g}"

    @classmethod
    def not_installed(cls) -> str | None:
        """Say what must be installed before this task can be used; None where nothing is missing."""
        return None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that decide its sequences, without the lag, as plain data; `Task(lag, **parameters)` is an equal task."""
        return {name: value for name, value in asdict(self).items() if name != "lag"}

    @property
    def log_encoding(self) -> LogEncoding | None:
        """The encoding that makes inputs of the rows of a log that somebody keeps; None where no log is like its sequences."""
        return None

    @property
    @abstractmethod
    def length(self) -> int:
        """Time steps of a sequence."""

    @property
    @abstractmethod
    def input_size(self) -> int: ...

    @property
    def feature_groups(self) -> dict[str, slice]:
        """The groups of inputs that belong together, by name; empty where they are of one kind."""
        return {}

    @property
    @abstractmethod
    def output_size(self) -> int:
        """Classes of a classification, or values of a regression, which are learned together."""

    @property
    @abstractmethod
    def input_names(self) -> tuple[str, ...]:
        """The names of the `input_size` inputs, in their order."""

    @property
    @abstractmethod
    def output_names(self) -> tuple[str, ...]:
        """The names of the `output_size` outputs, in their order: a class, or a value."""

    @property
    def loss_steps(self) -> tuple[int, ...]:
        """The time steps at which the output is compared with a target; the last one unless a task says otherwise."""
        return (self.length - 1,)

    @property
    def scored_steps(self) -> tuple[int, ...]:
        """The last of the loss steps, those that need memory: only they are scored."""
        return self.loss_steps

    @property
    @abstractmethod
    def information_distance(self) -> int:
        """Steps back from the end of the sequence to the latest step at which what must be remembered can arrive.

        A gradient that is zero from there on back cannot teach the task.
        """

    @property
    @abstractmethod
    def baseline_loss(self) -> float:
        """The lowest loss that a predictor without memory reaches: the mean over loss steps of cross-entropy in nats, or of squared error.

        A squared error is the mean over the outputs, so every output counts as much as its squared error is large.
        """

    @property
    @abstractmethod
    def baseline_metric(self) -> float:
        """The metric of the best predictor without memory."""

    @abstractmethod
    def draw(self, random: np.random.Generator, count: int) -> Sequences:
        """`count` independent sequences, as they are trained on."""

    def sample(self, count: int, purpose: Purpose, seed: int = 0, *block: int) -> Sequences:
        """`count` sequences for a purpose: a function of purpose, seed and block alone."""
        return self.draw(generator(purpose, seed, *block), count)

    def available(self, purpose: Purpose, count: int) -> int:
        """Return how many different sequences there are for a purpose where `count` are asked for: fewer where the data are finite."""
        return count

    def evaluation_parts(self, purpose: Purpose, count: int, size: int) -> Iterator[Sequences]:
        """The `count` sequences that every trial is evaluated on for a purpose, in parts of `size`; the same every time."""
        return (self.sample(size, purpose, 0, part) for part in range(count // size))

    @abstractmethod
    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        """Describe sequence `index` step by step, for a person."""

    @property
    def metric_label(self) -> str:
        """The metric with its tolerance, where it has one."""
        return metric_with_tolerance(self.metric, self.tolerance)

    def measure(self, outputs: NDArray[Any], targets: NDArray[Any]) -> float:
        """Return the metric of outputs [sequence, scored step, output], logits or values; not a number where one of them is not finite.

        `targets` are those of `Sequences` at the scored steps.
        """
        return METRICS[self.metric].value(outputs, targets, self)

    def score(self, loss: float, metric: float) -> float:
        """0 for the memoryless baseline, 1 for perfect; never below 0, and 0 for anything that is not a number.

        Classification: the metric between its baseline and its perfect value. Regression: the share of the baseline's squared
        error, over all outputs, that is explained. Where the baseline is perfect itself, 1 for what is as good and 0 for anything else.
        """
        if not (np.isfinite(loss) and np.isfinite(metric)):
            return 0.0
        perfect = METRICS[self.metric].perfect
        if self.baseline_loss <= 0 if self.kind == "regression" else self.baseline_metric == perfect:
            return float(METRICS[self.metric].meets(metric, perfect))
        if self.kind == "regression":
            return max(0.0, 1.0 - loss / self.baseline_loss)
        return max(0.0, (metric - self.baseline_metric) / (perfect - self.baseline_metric))

    def solved(self, metric: float) -> bool:
        """Return whether a metric meets the criterion; a NaN never does."""
        return METRICS[self.metric].meets(metric, self.solved_at_metric)


def metric_with_tolerance(metric: str, tolerance: float | tuple[float, ...]) -> str:
    """Return a metric in words, as in 'within_tolerance(0.08)'."""
    return f"{metric}({', '.join(f'{value:g}' for value in np.atleast_1d(tolerance))})" if METRICS[metric].has_tolerance else metric


def one_hot(classes: NDArray[np.integer], size: int) -> NDArray[np.float32]:
    """[...] class numbers -> float32 [..., size]."""
    return np.eye(size, dtype=np.float32)[classes]
