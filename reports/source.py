"""What the source document says, row by row, and the trials that show it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

RECURRENT = ("rnn", "lstm", "gru")


@dataclass(frozen=True)
class Claim:
    """A row of the source document, and which conditions demonstrate it: allowed values by column."""

    row: str
    says: str
    shown_by: dict[str, tuple[str, ...]]


CLAIMS = (
    Claim("S1", "A feed-forward network cannot use order.", {"model": ("feedforward",)}),
    Claim("S2", "A recurrent network knows the latest input and the past.", {"model": ("rnn",), "mitigation": ("none",)}),
    Claim("S3", "A feed-forward network predicts the exercise poorly.", {"task": ("exercise_schedule",), "model": ("feedforward",)}),
    Claim("S4, S5", "A recurrent network predicts today's exercise, also after missed days.", {"task": ("exercise_schedule",), "model": RECURRENT}),
    Claim("S8 - S10", "Trained by plain backpropagation through time, the gradient vanishes or explodes.", {"model": RECURRENT, "mitigation": ("none",)}),
    Claim("S11", "Against exploding: truncated BPTT.", {"model": RECURRENT, "mitigation": ("truncated_bptt",)}),
    Claim("S11", "Against exploding: clipping.", {"model": RECURRENT, "mitigation": ("gradient_clipping",)}),
    Claim("S11, S12", "Against both: RMSprop.", {"model": RECURRENT, "mitigation": ("rmsprop",)}),
    Claim("S12", "Against vanishing: ReLU.", {"model": RECURRENT, "mitigation": ("relu",)}),
    Claim("S12", "Against vanishing: LSTM.", {"model": ("lstm",)}),
    Claim("S12", "Against vanishing: GRU.", {"model": ("gru",)}),
)


def measured(conditions: pd.DataFrame) -> list[dict[str, str]]:
    """For each claim: solved of tried at each task's shortest and longest lag, over the conditions that demonstrate it."""
    rows = []
    tried = conditions[conditions.tried > 0]
    lags = tried.groupby("task").lag
    at = {"shortest": tried[tried.lag == lags.transform("min")], "longest": tried[tried.lag == lags.transform("max")]}
    for claim in CLAIMS:
        figures = {}
        for name, frame in at.items():
            for column, values in claim.shown_by.items():
                frame = frame[frame[column].isin(values)]
            figures[name] = f"{frame.solved.sum()} of {frame.tried.sum()}" if len(frame) else "not run"
        rows.append({"row": claim.row, "says": claim.says, **figures})
    return rows
