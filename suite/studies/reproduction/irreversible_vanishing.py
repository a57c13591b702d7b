"""Neither clipping nor RMSprop brings back a gradient that has vanished."""

from __future__ import annotations

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, matching, rates, study

DISTANCE = 110  # from the last symbol to the last step, and from every symbol to its recall
VANISHED = 1e-3

STUDY = study(
    "vanishing",
    "what is left of a gradient after a hundred steps, with what is no cure for that",
    task="copy_memory",
    lags=[100],
    models=["rnn"],
    mitigations=["none", "gradient_clipping", "rmsprop"],
    steps=3000,
    learning_rates=rates(2, 3.0, rmsprop=0.00173),
)


def measure(tables: Tables) -> Measurement:
    """Compare the gradient a hundred steps back with that at the end, and the best score, under each mitigation."""
    end = matching(tables.gradients, phase="evaluate", step=STUDY.steps)
    key = ["mitigation", "seed"]
    ratio = matching(end, steps_back=DISTANCE).set_index(key).norm / matching(end, steps_back=0).set_index(key).norm
    medians = ratio.fillna(float("inf")).groupby("mitigation").median()
    best = tables.evaluated().groupby("mitigation").score.max()
    reproduced = bool((medians < VANISHED).all() and (best < 0.1).all())
    words = [f"{mitigation} {medians[mitigation]:.0e}, best score {best[mitigation]:.2f}" for mitigation in STUDY.mitigations]
    return Measurement(f"gradient {DISTANCE} steps back / at the end, median: {'; '.join(words)}", reproduced)


RESULT = KnownResult(
    name="vanishing",
    source="Hochreiter 1991; Pascanu et al. 2013, section 2",
    published="a gradient that has vanished is not brought back by rescaling it: neither clipping nor RMSprop makes a tanh RNN copy after 100 steps",
    expected=f"with each of them the median ratio below {VANISHED:g} after training, and no trial above a score of 0.1",
    position=7,
    study=STUDY,
    measure=measure,
)
