"""Each known result on tables made to show it, and on tables made not to."""

import numpy as np
import pandas as pd
import pytest

from unvanish.suite.cli.reproduce import verdicts
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.studies.reproduction import KNOWN_RESULTS, Tables, studies

SEEDS = [201, 202, 203, 204, 205]


def trials(*rows):
    """Five evaluation trials for each row of figures; figures may be lists of five."""
    made = [{"phase": "evaluate", "seed": seed, **{name: value[i] if isinstance(value, list) else value for name, value in row.items()}}
            for row in rows for i, seed in enumerate(SEEDS)]  # fmt: skip
    return pd.DataFrame(made)


def tables(trials=None, curves=None, gradients=None):
    return Tables(*(pd.DataFrame() if table is None else table for table in (trials, curves, gradients)))


def copying(rnn, lstm):
    return tables(trials({"model": "rnn", "loss": rnn}, {"model": "lstm", "loss": lstm}))


def adding(rnn, lstm):
    common = {"lag": 100, "mitigation": "rmsprop"}
    return tables(trials({"model": "rnn", "loss": rnn, **common}, {"model": "lstm", "loss": lstm, **common}, {"model": "lstm", "loss": 9.0, "lag": 200}))


def chrono(slow, fast, lost_at=10**6):
    """With chrono, half the loss is reached at `fast`, and lost again at `lost_at`."""

    def curve(mitigation, halved_at):
        def loss(step, at):
            return 0.05 if at <= step < (lost_at if mitigation == "chrono+rmsprop" else 10**6) else np.nan if step >= lost_at else 0.16

        return [
            {"phase": "evaluate", "model": "lstm", "lag": 200, "mitigation": mitigation, "seed": seed, "step": step, "loss": loss(step, at)}
            for seed, at in zip(SEEDS, halved_at, strict=True)
            for step in range(100, 6001, 100)
        ]

    return tables(curves=pd.DataFrame(curve("rmsprop", slow) + curve("chrono+rmsprop", fast)))


def truncation(beyond, model="gru"):
    rows = []
    for name in ("rnn", "lstm", "gru"):
        for back in range(31):
            cut = 0.0 if back >= 10 else 0.5**back
            leak = beyond if name == model and back == 15 else cut
            rows += [{"mitigation": "none", "steps_back": back, "norm": 0.5**back, "total_norm": 0.5**back}]
            rows += [{"mitigation": "truncated_bptt", "steps_back": back, "norm": leak, "total_norm": leak}]
    return tables(gradients=pd.DataFrame(rows))


def clipping(without, with_clipping):
    def row(mitigation, lag, solved):
        return {"mitigation": mitigation, "lag": lag, "diagnosis": ["solved"] * solved + ["exploded"] * (5 - solved)}

    lags = (10, 20, 40)
    return tables(
        trials(*(row(name, lag, n) for name, counts in (("none", without), ("gradient_clipping", with_clipping)) for lag, n in zip(lags, counts, strict=True)))
    )


def relu(exploded, solved):
    """Both as (relu, relu_identity)."""
    rows = []
    for name, explosions, successes in zip(("relu", "relu_identity"), exploded, solved, strict=True):
        rows += [{"phase": "tune", "lag": 10, "mitigation": name, "diagnosis": "exploded" if i < explosions else "solved"} for i in range(12)]
        rows += [{"phase": "evaluate", "lag": 20, "mitigation": name, "diagnosis": "solved" if i < successes else "none_seen"} for i in range(5)]
    return tables(pd.DataFrame(rows))


def vanishing(ratio, score=0.0):
    rows = [
        {"phase": "evaluate", "mitigation": name, "seed": seed, "step": 3000, "steps_back": back, "norm": 2 * ratio if back else 2.0}
        for name in ("none", "gradient_clipping", "rmsprop")
        for seed in SEEDS
        for back in (0, 110)
    ]
    scores = trials(*({"mitigation": name, "score": score} for name in ("none", "gradient_clipping", "rmsprop")))
    return tables(scores, gradients=pd.DataFrame(rows))


NEVER = 10**6
MOST_EXPLODED = [0.01, 0.01, np.nan, np.nan, np.nan]
SHOWN = {
    "copying": [copying(0.1733, 0.16), copying([0.172, 0.1745, 0.1733, 0.1733, 0.1733], [0.169, 0.169, 0.1, 0.18, 0.18])],
    "adding": [adding(0.1667, 0.01), adding([np.nan, 0.1667, 0.1667, 0.01, 0.01], 0.01), adding(0.18, 0.01)],
    "chrono": [chrono([3000] * 5, [1000] * 5), chrono([NEVER] * 5, [1000] * 5)],
    "truncation": [truncation(0.0)],
    "clipping": [clipping((5, 2, 0), (5, 5, 5)), clipping((5, 5, 1), (5, 5, 5))],
    "relu": [relu((3, 0), (2, 5))],
    "vanishing": [vanishing(1e-6)],
}
NOT_SHOWN = {
    "copying": [copying(0.1733, 0.1733), copying([0.17, *[0.1733] * 4], 0.16), copying([np.nan, *[0.1733] * 4], 0.16), copying(0.1733, MOST_EXPLODED)],
    "adding": [adding(np.nan, 0.01), adding(50.0, 0.01), adding(0.1, 0.01), adding(0.1667, 0.1667), adding(0.1667, np.nan), adding(0.1667, MOST_EXPLODED)],
    "chrono": [
        chrono([1000] * 5, [1000] * 5),
        chrono([3000] * 5, [1000, 1000, NEVER, NEVER, NEVER]),
        chrono([NEVER] * 5, [NEVER] * 5),
        chrono([NEVER] * 5, [1000] * 5, lost_at=5000),
    ],
    "truncation": [truncation(1e-30), truncation(1e-30, "rnn"), truncation(np.nan)],
    "clipping": [clipping((5, 5, 5), (5, 5, 5)), clipping((0, 2, 0), (5, 5, 5))],
    "relu": [relu((3, 3), (2, 5)), relu((3, 0), (5, 5)), relu((0, 0), (2, 5))],
    "vanishing": [vanishing(0.1), vanishing(1e-6, score=0.5), vanishing(np.nan)],
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_verdict_is_what_the_tables_show(name):
    measure = KNOWN_RESULTS[name].measure
    assert all(measure(case).reproduced for case in SHOWN[name])
    assert not any(measure(case).reproduced for case in NOT_SHOWN[name])


def test_every_known_result_has_cases_or_needs_no_study():
    assert {result.name for result in KNOWN_RESULTS if result.study} == set(SHOWN) == set(NOT_SHOWN)


@pytest.mark.parametrize("study", studies(), ids=lambda study: study.name)
def test_every_study_can_be_planned_and_has_seeds_enough(study):
    assert make_plan(study).conditions and len(study.evaluation_seeds) == 5


def test_a_study_with_trials_that_failed_to_run_shows_nothing():
    failed = tables(pd.DataFrame({"status": ["finished", "failed"]}))
    table = verdicts({study.name: failed for study in studies()}).query("result != 'influence balancing'")
    assert set(table.verdict) == {"not measured"} and set(table.measured) == {"1 trials failed to run"}
