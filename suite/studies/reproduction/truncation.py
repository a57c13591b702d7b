"""The gradient beyond a truncation window is exactly zero."""

from __future__ import annotations

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, matching, rates, study

WINDOW = 10

STUDY = study(
    "truncation",
    "where a truncated gradient ends",
    task="first_symbol",
    lags=[30],
    models=["rnn", "lstm", "gru"],
    mitigations=["none", "truncated_bptt"],
    steps=500,
    learning_rates=rates(1, 3.0),
    mitigation={"truncated_bptt": {"window": WINDOW}},
)


def measure(tables: Tables) -> Measurement:
    """Look up the gradient norms beyond the window and within it."""
    whole, cut = (matching(tables.gradients, mitigation=mitigation) for mitigation in ("none", "truncated_bptt"))
    beyond, within = cut[cut.steps_back >= WINDOW], cut[cut.steps_back < WINDOW]
    before = whole[whole.steps_back >= WINDOW]
    figures = ["norm", "total_norm"]
    zero = bool((beyond[figures] == 0).all(axis=None))
    reproduced = zero and len(beyond) > 0 and bool((within.norm > 0).all()) and bool((before.norm > 0).any())
    text = f"{len(beyond)} norms beyond the window, the largest {beyond[figures].max(axis=None):g}; within it the smallest {within.norm.min():.1e}"
    return Measurement(text, reproduced)


RESULT = KnownResult(
    name="truncation",
    source="by construction; Williams & Peng 1990",
    published=f"with windows of {WINDOW} steps no gradient arrives {WINDOW} or more steps back",
    expected="every norm beyond the window exactly 0 in rnn, lstm and gru, every norm within it above 0",
    position=3,
    study=STUDY,
    measure=measure,
)
