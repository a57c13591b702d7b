"""Results of the cures for a cause in a finished benchmark, for the recurrent cell and the lag nearest to the diagnosed model's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unvanish.suite.diagnosis.keras_training import KerasTraining

if TYPE_CHECKING:
    from unvanish.reports.benchmark import Benchmark

MODEL_OF_CELL = {"SimpleRNNCell": "rnn", "LSTMCell": "lstm", "GRUCell": "gru"}
CAUSES = ("exploded", "rate_too_high", "vanished", "saturated", "truncated")
MAX_SHOWN = 3  # of the ranking, the best first


def read_benchmark(folder: Path) -> Benchmark:
    """The newest benchmark in a folder; raises `UsageError` where it holds none."""
    from unvanish.suite.tracking import read

    return read(f"sqlite:///{folder.resolve()}/mlflow.db")


def evidence(cause: str, training: KerasTraining, data: Benchmark | None) -> tuple[str, ...]:
    """Sentences such as 'rnn on first_symbol at lag 25: gradient_clipping 4 of 5, none 1 of 5 solved', from a benchmark or, without one, from the
    reference results that ship with unvanish; none for a cause or a cell that these say nothing of."""
    cells = [MODEL_OF_CELL[layer.cell] for layer in training.setup.recurrent if layer.cell in MODEL_OF_CELL]
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
    longest = max((len(norms) for layer in training.setup.recurrent for norms in training.measured.through_time("norm", layer.name).values()), default=0)
    for model in dict.fromkeys([*models, *(["lstm"] if "lstm" in known else [])]):
        advice = advise(data, model, max(longest - 1, 1))
        ran = advice.ranking[advice.ranking.n_trials > 0]
        best = ran[ran["rank"].notna()].mitigation.head(MAX_SHOWN)
        shown = ran[ran.mitigation.isin([*best, "none"])]
        parts = ", ".join(f"{row.mitigation} {row.n_solved} of {row.n_trials}" for row in shown.itertuples())
        where = ", ".join(f"{task} at lag {lag}" for task, lag in advice.problems)
        sentences.append(f"{model} on {where}: {parts} solved{source}")
    return tuple(sentences)
