"""The record of the answer on one recorded task: predictors, their predictions and errors on the test part, and what the network relied on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

from unvanish.tasks.published import Published


@dataclass(frozen=True)
class Candidate:
    """A predictor and its predictions on the test part.

    kind         'simple' repeats something, 'fitted' is one of scikit-learn's, 'network' is the best network
    errors       by measure, the mean over its seeds: accuracy and balanced accuracy, or mean absolute and root mean square error in the unit of the target
    predictions  [seed][test row]: class numbers, or values in the unit of the target; one seed where nothing is random. None of a text, where a
                 predictor gives probabilities
    """

    name: str
    kind: Literal["simple", "fitted", "network"]
    errors: dict[str, float]
    predictions: list[list[float]]


@dataclass(frozen=True)
class ColumnImportance:
    """The loss in the first measure where a column is permuted over the sequences of the test part: mean, and range of 95 % of the repeats and seeds."""

    column: str
    loss: float
    low: float
    high: float


@dataclass(frozen=True)
class WrittenText:
    """What a network writes after the beginning of the test part of a text.

    beginning, written   the symbols that it read first, and those that were drawn one by one from its probabilities, as text
    """

    beginning: str
    written: str


@dataclass(frozen=True)
class RecordedAnswer:
    """The answer on a recorded task at a lag.

    target        the column that is predicted
    classes       of the target; none where it is a number
    actual        [test row], as `Candidate.predictions`
    in_order      whether the test rows follow each other in time
    candidates    simple predictors, the best predictor of scikit-learn, and the best network, which is the last
    best_simple   the name of the best of the others on the test part
    model, mitigation, run_ids   of the best network by its validation loss, and the runs of its trials
    gain          how much better the network is than the best other predictor in the first measure, mean over rows and seeds; positive is better
    low, high     its 95 % interval, by a bootstrap of blocks of test rows
    columns       what the network relied on, the most important first
    asks_log      whether `unvanish predict` answers it from a log
    tested        how often the target was asked for on the test part: rows, or symbols of a text
    beats_constant   whether the network or another predictor is better than always saying the same: the 95 % interval of the gain is above 0
    published     figures of others on the same data
    text          what the network writes, of a text
    """

    task: str
    lag: int
    target: str
    classes: tuple[str, ...]
    actual: list[float]
    in_order: bool
    candidates: list[Candidate]
    best_simple: str
    model: str
    mitigation: str
    run_ids: list[str]
    gain: float
    low: float
    high: float
    columns: list[ColumnImportance]
    asks_log: bool
    tested: int
    beats_constant: bool = True
    published: list[Published] = field(default_factory=list)
    text: WrittenText | None = None

    @property
    def verdict(self) -> Literal["better", "worse", "level"]:
        """'better' or 'worse' where the whole interval says so."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "level"

    @property
    def network(self) -> Candidate:
        """The best network."""
        return self.candidates[-1]

    @property
    def simple(self) -> Candidate:
        """The best predictor that is no network of the benchmark."""
        return next(candidate for candidate in self.candidates if candidate.name == self.best_simple)


ANSWERS: TypeAdapter[list[RecordedAnswer]] = TypeAdapter(list[RecordedAnswer])


def answers_as_json(answers: list[RecordedAnswer]) -> str:
    """Return answers as JSON."""
    return ANSWERS.dump_json(answers).decode()


def read_answers(text: str | bytes) -> list[RecordedAnswer]:
    """Return answers from JSON; raises `pydantic.ValidationError` where another version wrote them."""
    return ANSWERS.validate_json(text)
