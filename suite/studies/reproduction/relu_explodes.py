"""ReLU explodes less with an identity start and clipping."""

from __future__ import annotations

from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, matching, rates, study

STUDY = study(
    "relu",
    "what an identity start with clipping makes of ReLU",
    task="temporal_order",
    lags=[10, 20],
    models=["rnn"],
    mitigations=["relu", "relu_identity"],
    steps=3000,
    tuning_seeds=[11, 12, 13],
    learning_rates=rates(4, 3.0, sgd=0.2),
)


def measure(tables: Tables) -> Measurement:
    """Explosions are counted over all rates of the grid at the short lag, which ReLU can learn; solved trials at the long one."""
    exploded, tuned, solved, tried = {}, {}, {}, {}
    for mitigation in ("relu", "relu_identity"):
        tuning = matching(tables.trials, phase="tune", lag=10, mitigation=mitigation)
        evaluated = tables.evaluated(lag=20, mitigation=mitigation)
        exploded[mitigation], tuned[mitigation] = int((tuning.diagnosis == "exploded").sum()), len(tuning)
        solved[mitigation], tried[mitigation] = int((evaluated.diagnosis == "solved").sum()), len(evaluated)
    reproduced = exploded["relu"] > exploded["relu_identity"] and solved["relu_identity"] > solved["relu"]
    words = [
        f"{name}: {exploded[name]} of {tuned[name]} exploded over all rates at lag 10, {solved[name]} of {tried[name]} solved at lag 20" for name in exploded
    ]
    return Measurement("; ".join(words), reproduced)


RESULT = KnownResult(
    name="relu",
    source="Le et al. 2015",
    published="a ReLU RNN explodes; started from the identity and with its gradient clipped it trains, and remembers for long",
    expected="with identity start and clipping fewer trials explode at the same rates, and more solve the longer lag",
    position=6,
    study=STUDY,
    measure=measure,
)
