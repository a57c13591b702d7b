"""Healthy programs drawn at random from usual settings, to count false alarms on more of them than one would write by hand.

A program is a data set, an architecture, an optimizer, a batch size and a number of epochs. No threshold was set on any of these data. Whether
it is healthy is decided without the diagnosis: it beats the best constant prediction on fresh data. Those that do not are left out, and counted.

python -m tests.diagnosis.drawn --output tests/diagnosis/measured
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras import Input, Sequential, layers, optimizers
from sklearn import datasets

from tests.diagnosis.corpus import fresh_score, in_words
from tests.diagnosis.programs import data
from tests.diagnosis.programs.program import Program, Training

PROGRAMS = 100  # half of them recurrent; with none of 73 the upper end of Wilson's interval is 5 %
HEALTHY_SCORE = 0.05  # on fresh data, as in the corpus


@dataclass(frozen=True)
class Kind:
    """What a data set asks of a model: `outputs` of its last layer, the activation of that, and the loss."""

    outputs: int
    activation: str | None
    loss: str


REGRESSION, BINARY = Kind(1, None, "mse"), Kind(1, "sigmoid", "binary_crossentropy")


def classes(count: int) -> Kind:
    return Kind(count, "softmax", "sparse_categorical_crossentropy")


def rows_of_digits() -> data.Parts:
    """Pictures row by row."""
    x, y, new_x, new_y = data.digits()
    return x.reshape(-1, 8, 8), y, new_x.reshape(-1, 8, 8), new_y


def sequences(target: Callable[[np.ndarray], np.ndarray], length: int, count: int = 1000) -> data.Parts:
    """Walks of normal steps, and what a function says of the steps."""
    steps = np.random.default_rng(length).normal(size=(count, length)).astype("float32")
    return data.split(steps[..., None], target(steps))


def frequency(length: int = 24, count: int = 900) -> data.Parts:
    """A noisy sine; which of three frequencies it has."""
    random = np.random.default_rng(20)
    y = random.integers(3, size=count)
    x = np.sin(random.uniform(0, 6, (count, 1)) + np.array([0.3, 0.6, 1.0])[y, None] * np.arange(length)) + 0.3 * random.normal(size=(count, length))
    return data.split(x[..., None].astype("float32"), y)


STATIC: dict[str, tuple[Callable[[], data.Parts], Kind]] = {
    "iris": (lambda: data.real("iris"), classes(3)),
    "wine": (lambda: data.real("wine"), classes(3)),
    "breast cancer": (lambda: data.real("breast_cancer"), BINARY),
    "diabetes": (lambda: data.real("diabetes", targets=True), REGRESSION),
    "digits": (data.digits, classes(10)),
    "circles": (data.circles, BINARY),
    "hypercube": (lambda: data.standardised(*datasets.make_classification(1000, 15, n_informative=6, n_classes=3, random_state=21)), classes(3)),
    "quantiles": (lambda: data.standardised(*datasets.make_gaussian_quantiles(n_samples=1000, n_features=4, n_classes=2, random_state=22)), BINARY),
    "friedman 2": (lambda: data.standardised(*datasets.make_friedman2(1000, noise=20, random_state=23), targets=True), REGRESSION),
    "sparse regression": (lambda: data.standardised(*datasets.make_regression(800, 20, n_informative=5, noise=30, random_state=24), targets=True), REGRESSION),
}
RECURRENT: dict[str, tuple[Callable[[], data.Parts], Kind]] = {
    "adding": (data.adding, REGRESSION),
    "running maximum": (data.running_maximum, REGRESSION),
    "rows of digits": (rows_of_digits, classes(10)),
    "frequency": (frequency, classes(3)),
    "mean above zero": (lambda: sequences(lambda steps: (steps.mean(axis=1) > 0).astype("int32"), 15), BINARY),
    "last minus first": (lambda: sequences(lambda steps: steps[:, -1] - steps[:, 0], 9), REGRESSION),
    "largest of three thirds": (lambda: sequences(lambda steps: steps.reshape(len(steps), 3, -1).sum(axis=2).argmax(axis=1), 12), classes(3)),
    "deviation": (lambda: sequences(lambda steps: 4 * (steps.std(axis=1) - 1), 16), REGRESSION),
}
NETWORKS: dict[str, Callable[[], list[Any]]] = {
    "linear": list,
    "one layer": lambda: [layers.Dense(32, "relu")],
    "two tanh layers": lambda: [layers.Dense(32, "tanh"), layers.Dense(16, "tanh")],
    "four ReLU layers": lambda: [layers.Dense(32, "relu", kernel_initializer="he_normal") for _ in range(4)],
    "batch normalisation": lambda: [layers.Dense(32), layers.BatchNormalization(), layers.Activation("relu")],
    "dropout": lambda: [layers.Dense(64, "relu"), layers.Dropout(0.3)],
    "selu": lambda: [layers.Dense(32, "selu", kernel_initializer="lecun_normal") for _ in range(3)],
    "sigmoid": lambda: [layers.Dense(24, "sigmoid")],
}
RECURRENT_NETWORKS: dict[str, Callable[[], list[Any]]] = {
    "SimpleRNN": lambda: [layers.SimpleRNN(32)],
    "LSTM": lambda: [layers.LSTM(32)],
    "GRU": lambda: [layers.GRU(32)],
    "bidirectional LSTM": lambda: [layers.Bidirectional(layers.LSTM(16))],
    "two LSTMs": lambda: [layers.LSTM(24, return_sequences=True), layers.LSTM(24)],
    "convolution, GRU": lambda: [layers.Conv1D(16, 3, activation="relu", padding="causal"), layers.GRU(24)],
    "LSTM, layer normalisation": lambda: [layers.LSTM(32), layers.LayerNormalization()],
    "GRU with dropout": lambda: [layers.GRU(32, dropout=0.2), layers.Dense(16, "relu")],
}
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "Adam": lambda: optimizers.Adam(),
    "Adam 0.01": lambda: optimizers.Adam(0.01),
    "RMSprop": lambda: optimizers.RMSprop(),
    "SGD 0.1": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.03, momentum=0.9),
    "AdamW": lambda: optimizers.AdamW(0.003),
    "Nadam": lambda: optimizers.Nadam(0.003),
    "clipped Adam": lambda: optimizers.Adam(0.005, global_clipnorm=1.0),
}


def drawn(count: int = PROGRAMS) -> list[Program]:
    """The programs, the same ones always."""
    random = np.random.default_rng(0)
    return [draw(number, random) for number in range(count)]


def draw(number: int, random: np.random.Generator) -> Program:
    recurrent = number % 2 == 1
    parts_of, networks = (RECURRENT, RECURRENT_NETWORKS) if recurrent else (STATIC, NETWORKS)
    parts, network, optimizer = (str(random.choice(list(choices))) for choices in (parts_of, networks, OPTIMIZERS))
    fit = {"epochs": int(random.choice([8, 15, 30])), "batch_size": int(random.choice([16, 32, 64]))}

    def make() -> Training:
        make_parts, kind = parts_of[parts]
        x, y, *new = make_parts()
        model = Sequential([Input(x.shape[1:]), *networks[network](), layers.Dense(kind.outputs, kind.activation)])
        model.compile(OPTIMIZERS[optimizer](), kind.loss)
        return Training(model, x, y, fit, tuple(new))

    name = f"{number}: {network} on {parts}, {optimizer}, {fit['epochs']} epochs of {fit['batch_size']}"
    return Program(name, make, (), "drawn", recurrent, seed=1000 + number)


def run(program: Program, max_overhead: float | None = None) -> dict[str, Any]:
    """What was diagnosed, and the score on fresh data; None where the model predicts no numbers."""
    training, diagnosis = program.train(max_overhead=max_overhead)
    score = fresh_score(training, diagnosis.record.setup.outputs)
    return {
        "program": program.name,
        "recurrent": program.recurrent,
        "fresh_score": score if np.isfinite(score) else None,
        "diagnosed": [finding.cause for finding in diagnosis.findings],
        "why": diagnosis.findings[0].why if diagnosis.findings else "",
    }


def sentence(rows: list[dict[str, Any]]) -> str:
    """False alarms of the healthy programs, and what is called wrong of the others."""
    healthy = [row for row in rows if row["fresh_score"] is not None and row["fresh_score"] > HEALTHY_SCORE]
    others = [row for row in rows if row not in healthy]
    alarms, named = sum(bool(row["diagnosed"]) for row in healthy), sum(bool(row["diagnosed"]) for row in others)
    return (
        f"Of {len(rows)} programs drawn at random {len(healthy)} beat a constant on fresh data; false alarms: {in_words(alarms, len(healthy))}. "
        f"Of those that do not ({len(others)}), {named} got a finding."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-overhead", type=float, help="as for the corpus")
    parser.add_argument("--output", type=Path, help="a folder for drawn.json")
    given = parser.parse_args()
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    rows = []
    for program in drawn():
        rows.append(row := run(program, given.max_overhead))
        print(f"{row['program']}: {row['fresh_score']} {row['diagnosed']} {row['why']}", file=sys.stderr)
    print(sentence(rows))
    if given.output:
        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / "drawn.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
