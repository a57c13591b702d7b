"""What a finished benchmark measured of the cures for a cause, for the recurrent cell and the lag nearest to the diagnosed model's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from suite.keras.record import Record
from suite.keras.through_time import longest

if TYPE_CHECKING:
    from reports.dataset import Dataset

MODEL_OF_CELL = {"SimpleRNNCell": "rnn", "LSTMCell": "lstm", "GRUCell": "gru"}
CAUSES = ("exploding", "rate_too_high", "vanishing", "saturated", "truncated")
SHOWN = 3  # of the ranking


def read_benchmark(folder: Path) -> Dataset:
    """The newest benchmark in a folder; raises `UsageError` where it holds none."""
    from reports.report import read_dataset

    return read_dataset(f"sqlite:///{folder.resolve()}/mlflow.db")


def evidence(cause: str, record: Record, data: Dataset) -> tuple[str, ...]:
    """Sentences such as 'rnn at lag 25: gradient_clipping solves 4 of 5, none 1 of 5'; none for a cause or a cell that it says nothing of."""
    from reports.advice import advise

    known = {entry["model"] for entry in data.plan["conditions"]}
    models = [MODEL_OF_CELL[layer.cell] for layer in record.setup.recurrent if MODEL_OF_CELL.get(layer.cell) in known]
    if cause not in CAUSES or not models:
        return ()
    sentences = []
    for model in dict.fromkeys([*models, *(["lstm"] if "lstm" in known else [])]):
        advice = advise(data, model, max(longest(record) - 1, 1))
        ranked = advice.ranking[advice.ranking["rank"].notna()]
        shown = ranked[(ranked["rank"] <= SHOWN) | (ranked.mitigation == "none")]
        parts = ", ".join(f"{row.mitigation} {row.n_solved} of {row.n_trials}" for row in shown.itertuples())
        where = ", ".join(f"{task} at lag {lag}" for task, lag in advice.problems)
        sentences.append(f"{model} on {where}: {parts} solved")
    return tuple(sentences)
