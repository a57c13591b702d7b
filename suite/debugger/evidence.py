"""What a finished benchmark measured of the cures for a cause, for the recurrent cell and the lag nearest to the diagnosed model's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unvanish.suite.debugger.record import Record
from unvanish.suite.debugger.through_time import longest

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

MODEL_OF_CELL = {"SimpleRNNCell": "rnn", "LSTMCell": "lstm", "GRUCell": "gru"}
CAUSES = ("exploding", "rate_too_high", "vanishing", "saturated", "truncated")
SHOWN = 3  # of the ranking


def read_benchmark(folder: Path) -> Benchmark:
    """The newest benchmark in a folder; raises `UsageError` where it holds none."""
    from unvanish.suite.tracking import read

    return read(f"sqlite:///{folder.resolve()}/mlflow.db")


def evidence(cause: str, record: Record, data: Benchmark | None) -> tuple[str, ...]:
    """Sentences such as 'rnn on first_symbol at lag 25: gradient_clipping 4 of 5, none 1 of 5 solved', from a benchmark or, without one, from the
    reference results that ship with unvanish; none for a cause or a cell that these say nothing of."""
    cells = [MODEL_OF_CELL[layer.cell] for layer in record.setup.recurrent if layer.cell in MODEL_OF_CELL]
    if cause not in CAUSES or not cells:
        return ()
    from unvanish.reports.shipped import shipped
    from unvanish.reports.tables.advice import advise

    source = "" if data is not None else " (reference results)"
    data = shipped() if data is None else data
    known = set(data.evaluated.model)
    models = [model for model in cells if model in known]
    if not models:
        return ()
    sentences = []
    for model in dict.fromkeys([*models, *(["lstm"] if "lstm" in known else [])]):
        advice = advise(data, model, max(longest(record) - 1, 1))
        ranked = advice.ranking[advice.ranking["rank"].notna()]
        shown = ranked[(ranked["rank"] <= SHOWN) | (ranked.mitigation == "none")]
        parts = ", ".join(f"{row.mitigation} {row.n_solved} of {row.n_trials}" for row in shown.itertuples())
        where = ", ".join(f"{task} at lag {lag}" for task, lag in advice.problems)
        sentences.append(f"{model} on {where}: {parts} solved{source}")
    return tuple(sentences)
