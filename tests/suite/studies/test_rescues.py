"""Which changes rescued which failed trial, on a small table whose answers are written out by hand."""

import numpy as np
import pandas as pd
import pytest

from unvanish.reports.pages.validation import render
from unvanish.reports.tables.validation import accuracy, rescued
from unvanish.suite.diagnosis import EVENTS
from unvanish.suite.diagnosis.predictions import remedies
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.studies.validation import DEVELOPMENT, HELD_OUT, STUDIES, rescues


def row(mitigation, seed, outcome, rate=0.2, model="rnn", phase="tune", cause=None):
    word = cause or "exploded"
    return {"task": "first_symbol", "lag": 9, "model": model, "mitigation": mitigation, "phase": phase, "learning_rate": rate, "seed": seed,
            "outcome": outcome, "cause": word, "diagnosis": "made up", "rule": "made up"}  # fmt: skip


@pytest.fixture
def trials():
    """Seed 1 had a spike, clipping solves it; seed 2 is weak, clipping makes it learn, RMSprop solves it at the chosen rate; 3 learns; 4 crashed."""
    rows = [
        row("none", 1, "diverged"), row("none", 2, "baseline", cause="weak"), row("none", 3, "learning"), row("none", 4, "failed"),
        row("gradient_clipping", 1, "solved"), row("gradient_clipping", 2, "learning"), row("gradient_clipping", 3, "solved"),
        row("gradient_clipping", 4, "solved"),
        row("orthogonal", 1, "diverged"), row("orthogonal", 2, "failed"), row("orthogonal", 3, "solved"), row("orthogonal", 4, "solved"),
        *(row("rmsprop", seed, "solved" if (seed, rate) in {(1, 0.01), (2, 0.002)} else "baseline", rate) for seed in (1, 2, 3, 4) for rate in (0.01, 0.002)),
        row("rmsprop", 999, "solved", 0.002, phase="evaluate"),
        row("truncated_bptt", 1, "baseline", cause="truncated"), row("truncated_bptt", 3, "baseline", cause="truncated"),
        row("none", 1, "solved", model="lstm"), row("none", 2, "baseline", model="lstm", cause="weak"),
        row("gradient_clipping", 2, "baseline", model="lstm"), row("orthogonal", 2, "baseline", model="lstm"),
        row("rmsprop", 2, "baseline", 0.002, model="lstm"), row("rmsprop", 999, "baseline", 0.002, model="lstm", phase="evaluate"),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_each_failed_trial_is_looked_up_with_its_own_seed_and_rate_and_one_thing_changed(trials):
    found = rescues(trials).set_index(["model", "mitigation", "seed"])[list(remedies())]
    yes, no, nothing = 1.0, 0.0, np.nan
    expected = {  # clipping, rmsprop at the chosen 0.002, orthogonal, lstm, a longer window
        ("rnn", "none", 1): [yes, no, no, yes, nothing],
        ("rnn", "none", 2): [yes, yes, nothing, no, nothing],  # orthogonal failed to run: it says nothing
        ("rnn", "truncated_bptt", 1): [nothing, nothing, nothing, nothing, no],
        ("rnn", "truncated_bptt", 3): [nothing, nothing, nothing, nothing, yes],  # without truncation it learns
        ("lstm", "none", 2): [no, no, no, nothing, nothing],
    }
    assert set(found.index) == set(expected)
    for key, answers in expected.items():
        np.testing.assert_array_equal(found.loc[key].to_numpy(float), answers)


def test_the_table_counts_what_was_rescued_and_leaves_out_what_says_nothing(trials):
    table = rescued(rescues(trials).assign(split="s")).set_index(["cause", "remedy"])
    counts = table[["n_rescued", "n_trials"]].apply(tuple, axis=1).to_dict()
    assert counts["exploded", "gradient_clipping"] == (1, 1) and counts["weak", "gradient_clipping"] == (1, 2)
    assert counts["weak", "rmsprop"] == (1, 2) and counts["weak", "orthogonal"] == (0, 1) and counts["weak", "lstm"] == (0, 1)
    assert counts["truncated", "longer window"] == (1, 2) and ("exploded", "longer window") not in counts
    low, high = table.loc[("weak", "rmsprop"), ["low", "high"]]
    assert (low, high) == pytest.approx((0.0945, 0.9055), abs=1e-4)  # Wilson's interval of 1 in 2


def test_accuracy_is_held_against_always_giving_the_more_frequent_answer():
    """Ten trials, clipping: six exploded of which five are rescued, four weak of which one is; 8 of 10 right, the most frequent answer 6 of 10."""
    rows = pd.DataFrame({"split": "s", "cause": ["exploded"] * 6 + ["weak"] * 4, "gradient_clipping": [1] * 5 + [0] + [1] + [0] * 3})
    rows = rows.assign(**{remedy: np.nan for remedy in remedies() if remedy not in rows})
    table = accuracy(rows).set_index("remedy")
    assert list(table.index) == ["gradient_clipping", "all"]
    assert tuple(table.loc["gradient_clipping", ["n_right", "n_trials", "accuracy", "most_frequent"]]) == (8, 10, 0.8, 0.6)
    assert tuple(table.loc["all", ["n_right", "n_trials", "accuracy", "most_frequent"]]) == (8, 10, 0.8, 0.6)


def test_remedies_say_in_their_own_files_what_they_rescue_from_and_only_causes_that_there_are():
    assert list(remedies()) == ["gradient_clipping", "rmsprop", "orthogonal", "lstm", "longer window"]
    causes = frozenset().union(*remedies().values())
    assert causes <= set(EVENTS) and causes >= {"exploded", "rate_too_high", "weak", "vanished", "saturated"}
    assert HELD_OUT.mitigations == ["none", "truncated_bptt", "gradient_clipping", "rmsprop", "orthogonal"]


def test_what_thresholds_are_scored_on_has_a_task_of_its_own_and_no_lag_or_seed_that_they_were_set_on():
    cells = [{(entry.name, lag) for entry in study.task for lag in entry.lags} for study in (DEVELOPMENT, HELD_OUT)]
    assert not cells[0] & cells[1] and {task for task, _ in cells[1]} - {task for task, _ in cells[0]}
    assert not set(DEVELOPMENT.tuning_seeds) & set(HELD_OUT.tuning_seeds)
    assert all(make_plan(study).conditions for study in STUDIES.values())


def test_the_page_has_every_cell_of_the_table(trials):
    page = render(rescues(trials).assign(split="s"), [{"split": "s", "title": "Some", "description": "made up"}])
    assert (
        "<b>1 of 2</b> <small>[0.09, 0.91]</small>" in page and ">1 of 2 <small>[0.09, 0.91]</small>" in page and "0 of 1 <small>[0.00, 0.79]</small>" in page
    )
