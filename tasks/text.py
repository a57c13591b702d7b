"""The next character, or word, of a text: of *Alice's Adventures in Wonderland*, or of any file in UTF-8."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks import baselines
from unvanish.tasks.errors import UsageError
from unvanish.tasks.names import check_name
from unvanish.tasks.ngrams import WittenBell, last_symbols
from unvanish.tasks.published import Published
from unvanish.tasks.recorded import SPLITS, Facts, RecordedTask, Split
from unvanish.tasks.seeding import Purpose, generator
from unvanish.tasks.table import file_stamp
from unvanish.tasks.task import Sequences, StepDescription, one_hot
from unvanish.tasks.text_file import ALICE, By, SymbolText, read_symbols

ORDER = 4  # of the n-grams that a network has to beat
REFERENCE_CELLS = 1 << 26  # numbers in the inputs that a reference predictor is fitted on at most: 256 MiB
TEST_SEQUENCES = 2000  # that the n-grams are measured on at most, in parts of PART
PART = 100
NORMAL_95 = 1.96  # standard errors on each side of a 95 % interval


@dataclass(frozen=True)
class Text(RecordedTask):
    """Read a stretch of a text, one symbol a step; at each of its last `steps` symbols the next one is asked for.

    file        its path, from the folder of the profile; 'alice' is the text that ships
    by          what a symbol is: a 'character', line ends and spaces too; or a 'word', where every other sign but a space is a word too
    vocabulary  so many symbols, the most frequent of the training split, have an input and a class of their own; all others are one, 'rare'
    context     symbols before the first one after which the next is asked for
    steps       symbols after which the next is asked for

    The lag stretches the text: so many blank steps follow each symbol, and the next is asked for at the last of them. What a model knows from d
    symbols ago it remembers for d (lag + 1) steps. Inputs are one-hot: the vocabulary, rare, blank.

    The text is cut in three by position, 85 : 5 : 10, so the test is on its last tenth. Training draws stretches that begin anywhere in the first
    part; validation and test are stretches of which each asks where the one before ended. The metric is bits per symbol. The baseline, score 0, is
    the better of two predictors without memory: how often each symbol occurs, and how often after the last one. Solved means better than n-grams of
    order 4: below the lower end of the 95 % interval of the mean of their bits per stretch, unless `solved_at` says from where on.
    """

    file: str = ALICE
    by: By = "character"
    vocabulary: int = 200
    context: int = 16
    steps: int = 64
    label: str = ""  # of the task where a profile has several texts: its name is text:label
    location: Path | None = field(default=None, compare=False)  # where the file is here; no part of what the task is

    name: ClassVar[str] = "text"
    summary: ClassVar[str] = "text: the next character or word of Alice in Wonderland, or of a file of your own"
    reference: ClassVar[str] = "Carroll 1865; Arnold & Bell 1997 (the Canterbury corpus); Witten & Bell 1991 (the n-grams to beat)"
    position: ClassVar[int] = 9
    metric: ClassVar[str] = "bits_per_symbol"
    source_rows: ClassVar[str] = "S14"
    one_hot_inputs: ClassVar[bool] = True
    derived: ClassVar[frozenset[str]] = frozenset({"facts", "label", "location"})
    published: ClassVar[tuple[Published, ...]] = (
        Published(2.27, "bits_per_symbol", "bzip2 -9", "Seward 1996", "alice29.txt as a whole, by character"),
        Published(2.85, "bits_per_symbol", "gzip -9", "Gailly & Adler 1992", "alice29.txt as a whole, by character"),
    )

    def __post_init__(self) -> None:
        if self.label:
            check_name("a text, after the colon,", self.label)
            object.__setattr__(self, "name", f"text:{self.label}")
        self.require("vocabulary", 2, 2000)
        self.require("context", 0, 10_000)
        self.require("steps", 1, 10_000)
        if self.facts is None and self.lag >= 0:
            self.check_length()
            self.check_memory()
            object.__setattr__(self, "facts", measure_text(self, self.digest))  # a frozen dataclass; equal parameters have equal facts
        super().__post_init__()

    def check_length(self) -> None:
        """Raise `UsageError` where a split has no stretch."""
        if shortest := [split for split in SPLITS if self.windows(split) < 2]:
            first, last = self.part(shortest[0])
            raise UsageError(
                f"the {shortest[0]} part of the text {self.file} has {last - first:,} {self.by}s, and two stretches of context + steps = "
                f"{self.context} + {self.steps} have no room in it; give a longer text, or fewer steps"
            )

    @classmethod
    def criterion(cls) -> str:
        return f"{cls.metric} lower than that of n-grams, or solved_at"

    @property
    def parameters(self) -> dict[str, Any]:
        """Without the place of the file on this machine: what the text is is told by its digest."""
        return {name: value for name, value in super().parameters.items() if name not in ("location", "label")}

    @property
    def metric_label(self) -> str:
        """The metric, with what a symbol is."""
        return f"bits per {self.by}"

    @property
    def title(self) -> str:
        """The name of the text."""
        return "Alice in Wonderland" if self.file == ALICE else Path(self.file).name

    @property
    def target_name(self) -> str:
        return f"the next {self.by} of {self.title}"

    @property
    def published_here(self) -> tuple[Published, ...]:
        """Compressors were published on the text that ships, by character."""
        return self.published if self.file == ALICE and self.by == "character" else ()

    @property
    def symbols(self) -> SymbolText:
        """The text, read once in a process unless the file changes; raises `UsageError` where it is not the one that the facts are of."""
        path = None if self.file == ALICE else self.location or Path(self.file)
        found = read_symbols(path, file_stamp(path) if path else (0, 0), self.by, self.vocabulary)
        if self.facts is not None and self.facts.digest != found.digest:
            raise UsageError(f"the text {path} has changed since its results were made; run the profile again")
        return found

    @property
    def stride(self) -> int:
        """Steps from one symbol to the next."""
        return self.lag + 1

    @property
    def length(self) -> int:
        return (self.context + self.steps) * self.stride

    @property
    def loss_steps(self) -> tuple[int, ...]:
        return tuple(range(self.context * self.stride + self.lag, self.length, self.stride))

    @property
    def input_size(self) -> int:
        return self.output_size + 1

    @property
    def output_size(self) -> int:
        return len(self.symbols.vocabulary) + 1

    @property
    def input_names(self) -> tuple[str, ...]:
        return (*self.output_names, "blank")

    @property
    def output_names(self) -> tuple[str, ...]:
        return (*(repr(symbol) for symbol in self.symbols.vocabulary), "rare")

    @property
    def feature_groups(self) -> dict[str, slice]:
        return {baselines.SYMBOLS: slice(0, self.output_size)}

    @property
    def digest(self) -> str:
        return self.symbols.digest

    def part(self, split: Split) -> tuple[int, int]:
        """The first position of a split, and the one after its last."""
        bounds = (0, *self.symbols.bounds, len(self.symbols.numbers))
        index = SPLITS.index(split)
        return bounds[index], bounds[index + 1]

    def windows(self, split: Split) -> int:
        """Stretches of a split that ask for no symbol twice."""
        first, last = self.part(split)
        return max(0, last - first - self.context - 1) // self.steps

    def split_size(self, split: Split) -> int:
        """Of the training split: the positions where a stretch can begin."""
        if split != "training":
            return self.windows(split)
        first, last = self.part(split)
        return last - first - self.context - self.steps

    def sequences(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        starts = self.part(split)[0] + np.asarray(chosen) * (1 if split == "training" else self.steps)
        numbers = self.symbols.numbers[starts[:, None] + np.arange(self.context + self.steps + 1)]
        return Sequences(one_hot(numbers[:, :-1], self.input_size), numbers[:, self.context + 1 :])

    def with_blanks(self, split: Split, chosen: NDArray[np.integer]) -> Sequences:
        found = self.sequences(split, chosen)
        blank = one_hot(np.array(self.input_size - 1), self.input_size)
        inputs = np.broadcast_to(blank, (len(found.inputs), self.context + self.steps, self.stride, self.input_size)).copy()
        inputs[:, :, 0] = found.inputs
        return Sequences(inputs.reshape(-1, self.length, self.input_size), found.targets)

    def sample(self, count: int, purpose: Purpose, seed: int = 0, *block: int) -> Sequences:
        """As of any recorded task; a reference predictor is given stretches that ask for no symbol twice, since it counts them."""
        if purpose != "reference":
            return super().sample(count, purpose, seed, *block)
        chosen = generator(purpose, seed, *block).permutation(self.windows("training"))[:count]
        return self.with_blanks("training", chosen * self.steps)

    def available(self, purpose: Purpose, count: int) -> int:
        """For reference predictors, the whole training split as far as it fits: n-grams take no longer to count more of it."""
        if purpose != "reference":
            return super().available(purpose, count)
        return max(1, min(self.windows("training"), REFERENCE_CELLS // (self.length * self.input_size)))

    def describe_steps(self, sequences: Sequences, index: int) -> list[StepDescription]:
        answers = dict(zip(self.loss_steps, (self.output_names[target] for target in sequences.targets[index]), strict=True))
        given = [self.input_names[number] for number in sequences.inputs[index].argmax(axis=-1)]
        return [StepDescription(word, answers.get(step, ""), step in answers) for step, word in enumerate(given)]


@cache
def measure_text(task: Text, digest: str) -> Facts:
    """Count the training split and measure the predictors on the test split."""
    training = task.sample(task.available("reference", 0), "reference")
    bits = {"majority": bits_of_ngrams(task, 0, training), "last symbol": bits_of_ngrams(task, 1, training)}
    memoryless = min(of.mean() for of in bits.values())
    bits[f"n-grams of order {ORDER}"] = bits_of_ngrams(task, ORDER, training)
    best = min(bits, key=lambda name: bits[name].mean())
    lower_end = bits[best].mean() - NORMAL_95 * bits[best].std(ddof=1) / len(bits[best]) ** 0.5
    return Facts(
        digest=digest,
        sequences=tuple(task.split_size(split) for split in SPLITS),  # type: ignore[arg-type]  # three of them
        baseline_loss=round(float(memoryless * np.log(2)), 6),
        baseline_metric=round(float(memoryless), 6),
        reference=best,
        reference_metric=round(float(bits[best].mean()), 6),
        solved_at_metric=task.solved_at or round(float(lower_end), 6),
    )


def bits_of_ngrams(task: Text, order: int, training: Sequences) -> NDArray[np.float64]:
    """The mean of the bits per symbol of each stretch of the test split, or of as many as `TEST_SEQUENCES`: [sequence]."""
    features = last_symbols(max(order, 1))
    model = WittenBell(order, task.output_size).fit(*baselines.scored_samples(task, features, training))
    bits = []
    for part in task.evaluation_parts("test", TEST_SEQUENCES, PART):
        contexts, targets = baselines.scored_samples(task, features, part)
        right = model.predict_proba(contexts)[np.arange(len(targets)), targets]
        bits.append(-np.log2(right).reshape(len(task.scored_steps), -1).mean(axis=0))
    return np.concatenate(bits)


TASK = Text
