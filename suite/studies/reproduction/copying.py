"""Copying after a hundred steps."""

from __future__ import annotations

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, rates, study

BASELINE = 0.1733  # 10 ln 8 / 120
STAYS, LEAVES = 0.01, 0.98

STUDY = study(
    "copying",
    "who copies ten symbols after a hundred steps",
    task="copy_memory",
    lags=[100],
    models=["rnn", "lstm"],
    mitigations=["rmsprop"],
    steps=10_000,
    learning_rates=rates(2, 3.0, rmsprop=0.00173),
)


def measure(tables: Tables) -> Measurement:
    """Compare the losses of rnn and lstm with the memoryless baseline."""
    rnn, lstm = (tables.losses(model=model) for model in ("rnn", "lstm"))
    stays = bool((rnn.sub(BASELINE).abs() <= STAYS * BASELINE).all())
    leaves = bool(lstm.median() <= LEAVES * BASELINE)
    text = f"tanh rnn: loss {rnn.min():.4f} to {rnn.max():.4f}; lstm: median {lstm.median():.4f}, best {lstm.min():.4f}, worst {lstm.max():.4f}"
    return Measurement(text, stays and leaves)


RESULT = KnownResult(
    name="copying",
    source="Arjovsky et al. 2016, section 5.1",
    published="copy memory, lag 100: the tanh RNN stays at the memoryless 0.1733, the LSTM gets below it",
    expected=f"every rnn trial within {STAYS:.0%} of {BASELINE}; the median lstm trial at most {LEAVES:g} of it",
    position=1,
    study=STUDY,
    measure=measure,
)
