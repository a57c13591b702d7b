"""Which changes rescued which failed trial, on a small table whose answers are written out by hand."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from unvanish.reports.pages.validation import render
from unvanish.reports.tables.validation import accuracy, failed_trials, rescued
from unvanish.suite.cli.validate import rescued_by_rate, sentence
from unvanish.suite.diagnosis import EVENTS
from unvanish.suite.diagnosis.predictions import predictions
from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.studies.validation import DEVELOPMENT, HELD_OUT, STUDIES, rescues

YES, NO, NOTHING = 1.0, 0.0, np.nan


def row(mitigation, seed, outcome, rate=0.2, model="rnn", phase="tune", cause=None):
    word = cause or "exploded"
    return {"task": "first_symbol", "lag": 9, "model": model, "mitigation": mitigation, "phase": phase, "learning_rate": rate, "seed": seed,
            "outcome": outcome, "cause": word, "diagnosis": "made up", "rule": "made up"}  # fmt: skip


def condition(mitigation, best, outcomes, model="rnn", cause=None):
    """The trials of a condition whose chosen rate is `best`: a tuning trial for each rate and seed of `outcomes`, and one evaluation trial."""
    tuning = [row(mitigation, seed, outcome, rate, model, cause=cause) for rate, by_seed in outcomes.items() for seed, outcome in by_seed.items()]
    return [*tuning, row(mitigation, 999, "solved", best, model, phase="evaluate")]


@pytest.fixture
def trials():
    """Plain SGD at two rates: seed 1 diverged at 0.2, seed 2 was weak at both, 3 learned at 1.0; what each remedy did is told by the rows below."""
    return pd.DataFrame([
        row("none", 1, "diverged"), row("none", 2, "baseline", cause="weak"), row("none", 3, "learning"), row("none", 4, "failed"),
        row("none", 1, "solved", 1.0), row("none", 2, "baseline", 1.0, cause="weak"), row("none", 3, "solved", 1.0), row("none", 4, "solved", 1.0),
        row("none", 999, "solved", 1.0, phase="evaluate"),
        # clipping went on to a rate of 5 and has its best there; seed 2 needs it
        *condition("gradient_clipping", 5.0, {0.2: {1: "solved", 2: "baseline", 3: "solved"}, 5.0: {1: "diverged", 2: "learning", 3: "solved"}}),
        # orthogonal: seed 2 failed to run at the same rate
        *condition("orthogonal", 0.04, {0.2: {1: "diverged", 2: "failed"}, 0.04: {1: "baseline", 2: "solved"}}),
        # RMSprop has rates of its own
        *condition("rmsprop", 0.002, {0.01: {1: "solved", 2: "baseline"}, 0.002: {1: "baseline", 2: "solved"}}),
        *condition("truncated_bptt", 1.0, {0.2: {1: "baseline", 3: "baseline"}, 1.0: {1: "learning", 3: "baseline"}}, cause="truncated"),
        *condition("none", 1.0, {0.2: {1: "solved", 2: "baseline"}, 1.0: {1: "solved", 2: "solved"}}, model="lstm", cause="weak"),
        *condition("gradient_clipping", 0.2, {0.2: {2: "baseline"}}, model="lstm"),
        *condition("orthogonal", 0.2, {0.2: {2: "baseline"}}, model="lstm"),
        *condition("rmsprop", 0.002, {0.002: {2: "baseline"}}, model="lstm"),
    ])  # fmt: skip


EXPECTED = {  # clipping same, best; rmsprop best; orthogonal same, best; lstm same, best; a longer window same, best; another rate
    ("rnn", "none", 0.2, 1): [YES, NO, NO, NO, NO, YES, YES, NOTHING, NOTHING, YES],  # clipping diverged at its best rate: no rescue
    ("rnn", "none", 0.2, 2): [NO, YES, YES, NOTHING, YES, NO, YES, NOTHING, NOTHING, NO],  # orthogonal failed to run: it says nothing
    # neither clipping nor orthogonal was tried at 1.0; another rate says nothing of a trial at the best one
    ("rnn", "none", 1.0, 2): [NOTHING, YES, YES, NOTHING, YES, YES, YES, NOTHING, NOTHING, NOTHING],
    ("rnn", "truncated_bptt", 0.2, 1): [NOTHING] * 7 + [NO, YES, YES],
    ("rnn", "truncated_bptt", 0.2, 3): [NOTHING] * 7 + [YES, YES, NO],
    ("rnn", "truncated_bptt", 1.0, 3): [NOTHING] * 7 + [YES, YES, NOTHING],
    ("lstm", "none", 0.2, 2): [NO, NO, NO, NO, NO, NOTHING, NOTHING, NOTHING, NOTHING, YES],
}


def test_each_failed_trial_is_looked_up_with_one_thing_changed_at_its_own_rate_and_at_the_best_one_of_the_change(trials):
    found = rescues(trials)
    by_trial = found.pivot(index=["model", "mitigation", "learning_rate", "seed"], columns=["remedy", "rate"], values="rescued")[list(predictions())]
    assert set(by_trial.index) == set(EXPECTED) and len(found) == len(EXPECTED) * len(predictions())
    for key, answers in EXPECTED.items():
        np.testing.assert_array_equal(by_trial.loc[key].to_numpy(float), answers, err_msg=str(key))


def test_the_rate_of_a_remedy_is_told(trials):
    first = rescues(trials).query("model == 'rnn' and mitigation == 'none' and learning_rate == 0.2 and seed == 1").set_index(["remedy", "rate"]).remedy_rate
    tried = {("gradient_clipping", "same"): 0.2, ("gradient_clipping", "own best"): 5.0, ("rmsprop", "own best"): 0.002, ("orthogonal", "same"): 0.2,
             ("orthogonal", "own best"): 0.04, ("lstm", "same"): 0.2, ("lstm", "own best"): 1.0, ("another rate", "own best"): 1.0}  # fmt: skip
    assert first.dropna().to_dict() == tried and set(first.index[first.isna()]) == {("longer window", "same"), ("longer window", "own best")}


def test_a_condition_that_chose_no_rate_or_is_not_there_says_nothing(trials):
    without_rate = trials.assign(learning_rate=trials.learning_rate.where((trials.mitigation != "orthogonal") | (trials.phase == "tune")))
    found = rescues(without_rate[without_rate.mitigation != "rmsprop"]).set_index(["remedy", "rate"]).rescued
    assert found["orthogonal", "own best"].isna().all() and found["orthogonal", "same"].notna().any() and found["rmsprop", "own best"].isna().all()


def test_the_table_counts_what_was_rescued_at_each_rate_and_leaves_out_what_says_nothing(trials):
    table = rescued(rescues(trials).assign(split="s")).set_index(["cause", "remedy", "rate"])
    counts = table[["n_rescued", "n_trials"]].apply(tuple, axis=1).to_dict()
    assert counts == {
        ("exploded", "gradient_clipping", "same"): (1, 1), ("weak", "gradient_clipping", "same"): (0, 2),
        ("exploded", "gradient_clipping", "own best"): (0, 1), ("weak", "gradient_clipping", "own best"): (2, 3),
        ("exploded", "rmsprop", "own best"): (0, 1), ("weak", "rmsprop", "own best"): (2, 3),
        ("exploded", "orthogonal", "same"): (0, 1), ("weak", "orthogonal", "same"): (0, 1),
        ("exploded", "orthogonal", "own best"): (0, 1), ("weak", "orthogonal", "own best"): (2, 3),
        ("exploded", "lstm", "same"): (1, 1), ("weak", "lstm", "same"): (1, 2),
        ("exploded", "lstm", "own best"): (1, 1), ("weak", "lstm", "own best"): (2, 2),
        ("truncated", "longer window", "same"): (2, 3), ("truncated", "longer window", "own best"): (3, 3),
        ("exploded", "another rate", "own best"): (1, 1), ("weak", "another rate", "own best"): (1, 2), ("truncated", "another rate", "own best"): (1, 2),
    }  # fmt: skip
    low, high = table.loc[("weak", "lstm", "same"), ["low", "high"]]
    assert (low, high) == pytest.approx((0.0945, 0.9055), abs=1e-4)  # Wilson's interval of 1 in 2
    # the trials of one seed share one trial under the remedy at its best rate
    assert table.loc[pd.IndexSlice[:, :, "own best"], ["low", "high"]].isna().all(axis=None)


def test_what_is_predicted_at_one_rate_need_not_be_at_the_other(trials):
    predicted = rescued(rescues(trials).assign(split="s")).set_index(["cause", "remedy", "rate"]).predicted
    assert not predicted["weak", "gradient_clipping", "same"] and predicted["weak", "gradient_clipping", "own best"]
    assert predicted["weak", "another rate", "own best"] and not predicted["exploded", "another rate", "own best"]


def test_accuracy_is_held_against_always_giving_the_more_frequent_answer():
    """Ten trials, clipping: six exploded of which five are rescued, four weak of which one is: 8 of 10 right, the most frequent answer 6 of 10.

    At its own best rate clipping is predicted to rescue them all, and so are the weak ones by another rate: 6 of 10 and 1 of 4.
    """
    causes, answers = ["exploded"] * 6 + ["weak"] * 4, [1] * 5 + [0] + [1] + [0] * 3
    rows = pd.DataFrame({"split": "s", "cause": causes, "rescued": answers, "remedy": "gradient_clipping"})
    another = rows[rows.cause == "weak"].assign(remedy="another rate", rate="own best")
    silent = rows.assign(remedy="lstm", rate="same", rescued=np.nan)
    table = accuracy(pd.concat([another, silent, rows.assign(rate="same"), rows.assign(rate="own best")])).set_index(["remedy", "rate"])
    assert table[["n_right", "n_trials", "accuracy", "most_frequent"]].apply(tuple, axis=1).to_dict() == {
        ("gradient_clipping", "same"): (8, 10, 0.8, 0.6),
        ("gradient_clipping", "own best"): (6, 10, 0.6, 0.6),
        ("another rate", "own best"): (1, 4, 0.25, 0.75),
        ("all", "same"): (8, 10, 0.8, 0.6),
        ("all", "own best"): (7, 14, 0.5, 9 / 14),
    }
    assert table.index[0] == ("gradient_clipping", "same")  # in the order of the remedies, not of the rows
    assert list(table.index[table.low.notna()]) == [("gradient_clipping", "same")]


def test_remedies_say_in_their_own_files_what_they_rescue_from_and_at_which_rate_and_only_causes_that_there_are():
    both = ["gradient_clipping", "orthogonal", "lstm", "longer window"]
    assert set(predictions()) == {(remedy, rate) for remedy in both for rate in ("same", "own best")} | {("rmsprop", "own best"), ("another rate", "own best")}
    assert list(dict.fromkeys(remedy for remedy, _ in predictions())) == ["gradient_clipping", "rmsprop", "orthogonal", "lstm", "longer window", "another rate"]
    causes = frozenset().union(*predictions().values())
    assert causes <= set(EVENTS) and causes >= {"exploded", "rate_too_high", "weak", "vanished", "saturated"}
    assert predictions()["another rate", "own best"] == {"weak", "rate_too_high"}
    assert HELD_OUT.mitigations == ["none", "truncated_bptt", "gradient_clipping", "rmsprop", "orthogonal"]


def test_what_a_remedy_rescues_from_at_the_same_rate_it_rescues_from_at_its_best_one_and_a_grid_of_its_own_has_no_same_rate():
    for (remedy, rate), causes in predictions().items():
        assert rate == "own best" or causes <= predictions()[remedy, "own best"]
    assert all(remedy.rescues is None for remedy in MITIGATIONS if remedy.learning_rate_grid)


def test_what_thresholds_are_scored_on_has_a_task_of_its_own_and_no_lag_or_seed_that_they_were_set_on():
    cells = [{(entry.name, lag) for entry in study.task for lag in entry.lags} for study in (DEVELOPMENT, HELD_OUT)]
    assert not cells[0] & cells[1] and {task for task, _ in cells[1]} - {task for task, _ in cells[0]}
    assert not set(DEVELOPMENT.tuning_seeds) & set(HELD_OUT.tuning_seeds)
    assert all(make_plan(study).conditions for study in STUDIES.values())
    assert all(study.learning_rates.limit > study.learning_rates.count for study in STUDIES.values())  # a best rate at an edge is not the last word


def test_the_page_has_every_cell_of_the_table(trials):
    page = render(rescues(trials).assign(split="s"), [{"split": "s", "title": "Some", "description": "made up"}])
    weak = page[page.index('<th scope="rowgroup" rowspan="2">weak</th>') :]
    same, best = (line[: line.index("</tr>")] for line in weak.split('<th scope="row">')[1:3])
    # clipping, rmsprop, orthogonal, lstm, a longer window, another rate
    assert same == 'same</th><td class="n">0 of 2 <small>[0.00, 0.66]</small></td><td class="n">–</td><td class="n">0 of 1 <small>[0.00, 0.79]</small></td>' \
        '<td class="n"><b>1 of 2</b> <small>[0.09, 0.91]</small></td><td class="n">–</td><td class="n">–</td>'  # fmt: skip
    assert best == 'own best</th><td class="n"><b>2 of 3</b></td><td class="n"><b>2 of 3</b></td><td class="n"><b>2 of 3</b></td>' \
        '<td class="n"><b>2 of 2</b></td><td class="n">–</td><td class="n"><b>1 of 2</b></td>'  # fmt: skip


def test_the_command_prints_both_rates_beside_each_other_and_counts_each_failed_trial_once(trials):
    rows = rescues(trials).assign(split="s")
    table = rescued_by_rate(rescued(rows))
    assert ["weak", "gradient_clipping", "0 of 2", "2 of 3, predicted"] in table and ["weak", "rmsprop", "-", "2 of 3, predicted"] in table
    assert Counter(cause for cause, *_ in table) == {"exploded": 5, "weak": 5, "truncated": 2}  # remedies
    assert len(failed_trials(rows)) == len(EXPECTED) and sentence(rows).startswith("7 trials that diverged or stayed at the baseline: first_symbol at lag 9;")
