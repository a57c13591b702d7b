"""Adding over a hundred steps."""

from __future__ import annotations

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, rates, study

BASELINE = 1 / 6
STAYS, LEAVES = (0.95, 1.1), 0.5

STUDY = study(
    "adding",
    "who adds over a hundred and two hundred steps, and whether gates that start open are faster",
    task="adding",
    lags=[100, 200],
    models=["rnn", "lstm"],
    mitigations=["rmsprop", "chrono+rmsprop"],
    steps=6000,
    learning_rates=rates(2, 3.0, rmsprop=0.00173),
)


def measure(tables: Tables) -> Measurement:
    """Compare the median losses of rnn and lstm with the memoryless baseline."""
    rnn, lstm = (tables.losses(model=model, lag=100, mitigation="rmsprop") for model in ("rnn", "lstm"))
    reproduced = bool(STAYS[0] <= rnn.median() / BASELINE <= STAYS[1] and lstm.median() <= LEAVES * BASELINE)
    text = f"tanh rnn: median loss {rnn.median():.4f}, best {rnn.min():.4f}; lstm: median {lstm.median():.4f}, worst {lstm.max():.4f}"
    return Measurement(text, reproduced)


RESULT = KnownResult(
    name="adding",
    source="Arjovsky et al. 2016, section 5.2",
    published="adding, length 100: the tanh RNN stays at the memoryless 0.167, the LSTM gets far below it",
    expected=f"the median rnn trial between {STAYS[0]:g} and {STAYS[1]:g} times 1/6, the median lstm trial at most {LEAVES:g} of it",
    position=2,
    study=STUDY,
    measure=measure,
)
