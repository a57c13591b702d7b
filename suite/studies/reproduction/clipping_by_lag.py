"""Clipping matters more the longer the sequence."""

from __future__ import annotations

import numpy as np

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, rates, study

GAIN = 0.5

STUDY = study(
    "clipping",
    "what clipping gains at ever longer lags",
    task="temporal_order",
    lags=[10, 20, 40],
    models=["rnn"],
    mitigations=["none", "gradient_clipping"],
    steps=4000,
    learning_rates=rates(3, 3.0, sgd=0.1),
)


def measure(tables: Tables) -> Measurement:
    """Compare the gain in success rate by clipping between the lags."""
    solved = tables.evaluated().assign(solved=lambda trials: trials.diagnosis == "solved").groupby(["mitigation", "lag"]).solved.agg(["sum", "size"])
    rate = (solved["sum"] / solved["size"]).unstack("lag")
    gains = rate.loc["gradient_clipping"] - rate.loc["none"]
    reproduced = bool((np.diff(gains) >= 0).all() and gains.iloc[-1] - gains.iloc[0] >= GAIN)
    words = [
        f"lag {lag}: {solved.loc[('none', lag), 'sum']} and {solved.loc[('gradient_clipping', lag), 'sum']} of {solved.loc[('none', lag), 'size']}"
        for lag in gains.index
    ]
    return Measurement(f"solved without and with clipping, {'; '.join(words)}", reproduced)


RESULT = KnownResult(
    name="clipping",
    source="Pascanu et al. 2013, section 4.1",
    published="temporal order, tanh RNN with 50 units, SGD: the longer the sequence, the more of its success is owed to clipping at norm 1",
    expected=f"the gain in success rate never falls with the lag, and is at least {GAIN:g} higher at the longest than at the shortest",
    position=4,
    study=STUDY,
    measure=measure,
)
