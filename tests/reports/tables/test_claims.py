"""What the document says, against benchmarks written down by hand."""

import pandas as pd
import pytest
from scipy.stats import binom

from tests.support.tables import benchmark, made_up_task, no_references
from unvanish.reports.tables.claims import claims, source_claims
from unvanish.reports.tables.conditions import conditions
from unvanish.suite.tables.schema import REFERENCES

SOLVED, LOST, VANISHED = ["solved"] * 5, ["exploded"] * 5, ["vanished"] * 5
MOST = [*SOLVED, "vanished"]
TASKS = ("first_symbol", "temporal_order", "exercise_schedule")


def table(cells, **options):
    plan, trials = benchmark(cells, **options)
    return claims(plan, conditions(plan, trials), trials, no_references()).set_index("claim")


def claim(rows, start):
    """The row of the claim that starts so."""
    (name,) = [says for says in rows.index if says.startswith(start)]
    return rows.loc[name]


def everything(of_long, of_short=SOLVED):
    """Three tasks at two lags; `of_long` gives the words of the long one by model and mitigation."""
    return {(task, lag, *name): (of_long[name] if lag == 25 else of_short) for task in TASKS for lag in (5, 25) for name in of_long}


def test_cannot_use_order_is_confirmed_when_nothing_is_solved_and_refuted_when_something_is():
    cells = {(task, 5, "feedforward", name): ["memoryless"] * 5 for task in TASKS for name in ("none", "relu")}
    row = claim(table(cells), "A feed-forward network cannot")
    assert row.verdict == "shown" and (row.n_shown, row.n_trials) == (0, 30)
    assert row.high == pytest.approx(0.2039, abs=1e-4)  # of 15 seeds: the mitigations make no new ones; z^2 / (15 + z^2)
    cells[TASKS[0], 5, "feedforward", "relu"] = ["memoryless"] * 4 + ["solved"]
    assert claim(table(cells), "A feed-forward network cannot").verdict == "refuted"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [(["vanished"] * 9 + ["solved"], "refuted"), (["learning"] * 9 + ["solved"], "not shown here"), (["vanished"] * 9 + ["learning"], "refuted")],
)
def test_a_trial_that_was_still_learning_when_its_steps_ended_refutes_nothing(words, verdict):
    cells = {("exercise_schedule", lag, "rnn", "none"): words if lag == 25 else SOLVED for lag in (5, 25)}
    cells["exercise_schedule", 25, "rnn", "rmsprop"] = ["solved"] * 10  # some trial solves it
    row = claim(table(cells), "It does so too")
    assert row.verdict == verdict
    assert ("9 more were still learning when their steps ended, so that nothing is refuted" in row.evidence) == (verdict == "not shown here")


def test_a_crash_is_no_inability():
    cells = {(task, 5, "feedforward", "none"): ["failed"] * 5 for task in TASKS}
    for start in ("A feed-forward network cannot", "A feed-forward network predicts"):
        assert claim(table(cells), start).verdict == "not tested"


def test_against_vanishing_relu_is_confirmed_where_it_rescues_and_refuted_where_it_does_not():
    rescued = table(everything({("rnn", "none"): VANISHED, ("rnn", "relu"): SOLVED}))
    row = claim(rescued, "Against vanishing: ReLU")
    assert row.verdict == "shown" and (row.n_pairs, row.n_gained, row.n_lost) == (15, 15, 0)
    assert row.p_holm == pytest.approx(7 * 2 / 2**15)  # seven claims of this kind
    assert "of 15 unsolved trials whose gradient vanished without it, 15 solved with it" in row.evidence
    harmed = claim(table(everything({("rnn", "none"): MOST, ("rnn", "relu"): [*LOST, "exploded"]})), "Against vanishing: ReLU")
    assert harmed.verdict == "refuted" and (harmed.n_gained, harmed.n_lost) == (0, 15)
    unneeded = claim(table(everything({("rnn", "none"): SOLVED, ("rnn", "relu"): LOST})), "Against vanishing: ReLU")
    assert unneeded.verdict == "not tested" and (unneeded.n_gained, unneeded.n_lost) == (0, 15)  # nothing vanished without it


def test_claims_are_decided_at_the_longest_lag_that_is_planned():
    """A cure solves the short lag and not the long one; where only the short one was run there is nothing to decide by."""
    cells = everything({("rnn", "none"): VANISHED, ("rnn", "relu"): VANISHED}, of_short=SOLVED)
    cells |= {(task, 5, "rnn", "none"): VANISHED for task in TASKS} | {(task, 25, "lstm", "none"): SOLVED for task in TASKS}
    assert claim(table(cells), "Against vanishing: ReLU")[["n_pairs", "n_gained"]].tolist() == [15, 0]
    half = {key: (None if key[1] == 25 else words) for key, words in cells.items()}
    row = claim(table(half), "Against vanishing: ReLU")
    assert row.verdict == "not tested" and row.evidence == "not run at the longest lag of a task that some trial solved" and row.n_pairs == 0


def test_a_schedule_at_one_gap_shows_nothing_of_longer_ones():
    cells = {("exercise_schedule", 2, model, "none"): SOLVED for model in ("rnn", "lstm")}
    rows = table(cells)
    assert claim(rows, "A recurrent network predicts today's").verdict == "shown"
    further = claim(rows, "It does so too")
    assert further.verdict == "not tested" and further.n_trials == 0


def test_vanishes_or_explodes_counts_trials_that_were_not_solved():
    """Nine of ten solved; of the others one exploded and one had no event."""
    cells = {("adding", 25, "rnn", "none"): ["solved", "solved", "solved", "exploded", "none_seen"], ("adding", 25, "lstm", "none"): SOLVED}
    row = claim(table(cells), "Trained by plain backpropagation")
    assert (row.n_trials, row.n_shown, row.verdict) == (2, 1, "not shown here")
    assert "1 exploded" in row.evidence and "1 none_seen" in row.evidence and "solved" not in row.evidence.split("diagnosed")[1]
    solved = claim(table({("adding", 25, "rnn", "none"): SOLVED}), "Trained by plain backpropagation")
    assert solved.verdict == "not tested" and solved.n_trials == 0
    possible = {("adding", 25, "rnn", "none"): VANISHED, ("adding", 25, "lstm", "none"): LOST, ("adding", 25, "lstm", "rmsprop"): SOLVED}
    vanished = claim(table(possible), "Trained by plain backpropagation")
    assert (vanished.n_trials, vanished.n_shown, vanished.verdict) == (10, 10, "shown")
    frozen_too = {("adding", 25, "rnn", "none"): SOLVED, ("adding", 25, "rnn", "frozen"): VANISHED, ("adding", 25, "rnn", "relu"): LOST}
    assert claim(table(frozen_too), "Trained by plain backpropagation").n_trials == 0


def test_a_models_row_holds_nothing_whose_gradient_is_cut():
    """The LSTM is compared with the vanilla network under plain backpropagation alone."""
    of_long = {("rnn", "none"): VANISHED, ("lstm", "none"): SOLVED, ("lstm", "truncated_bptt"): ["truncated"] * 5, ("rnn", "truncated_bptt"): ["truncated"] * 5}
    row = claim(table(everything(of_long), no_gradient={(25, "truncated_bptt")}), "Against vanishing: LSTM")
    assert (row.n_pairs, row.n_gained, row.n_lost, row.verdict) == (15, 15, 0, "shown")


def test_recurrence_is_compared_with_the_feed_forward_control_at_the_shortest_lag():
    of_long = {("rnn", "none"): VANISHED, ("feedforward", "none"): ["memoryless"] * 5}
    cells = everything(of_long)
    cells |= {(task, 5, "feedforward", "none"): ["memoryless"] * 5 for task in TASKS}
    row = claim(table(cells), "A recurrent network knows")
    assert (row.n_pairs, row.n_gained, row.verdict) == (15, 15, "shown") and "first_symbol lag 5" in row.evidence


def test_a_claim_on_recurrent_networks_pairs_each_model_with_itself_and_no_control():
    of_long = {(model, name): VANISHED for model in ("rnn", "gru", "feedforward") for name in ("none", "gradient_clipping")}
    of_long["rnn", "gradient_clipping"] = SOLVED
    row = claim(table(everything(of_long)), "Against exploding: clipping")
    assert (row.n_pairs, row.n_gained) == (30, 15)
    assert "rnn 15 gained, 0 lost of 15" in row.evidence and "gru 0 gained, 0 lost of 15" in row.evidence and "feedforward" not in row.evidence


def test_too_few_pairs_make_no_test():
    cells = {("adding", 25, "rnn", "none"): VANISHED, ("adding", 25, "rnn", "relu"): SOLVED}
    row = claim(table(cells), "Against vanishing: ReLU")
    assert row.verdict == "not shown here" and pd.isna(row.p_holm) and "too few pairs for a test" in row.evidence


def test_the_documents_own_network_is_named_beside_the_feed_forward_one():
    plan, trials = benchmark({("exercise_schedule", 15, "feedforward", "none"): ["memoryless"] * 5})
    values = {"task": "exercise_schedule", "lag": 15, "reference": "calendar only", "metric_value": 0.2}
    references = pd.DataFrame([values]).reindex(columns=list(REFERENCES))
    row = claim(claims(plan, conditions(plan, trials), trials, references).set_index("claim"), "A feed-forward network predicts")
    assert row.verdict == "shown" and "from day of the week, month and health alone: accuracy 0.20 at lag 15" in row.evidence


def test_where_nothing_is_solved_training_may_have_been_too_short():
    """No cure is refuted, and no recurrent network called unable; that a feed-forward network solves nothing is what the document says."""
    names = [("rnn", "none"), ("rnn", "relu"), ("rnn", "gradient_clipping"), ("lstm", "none"), ("feedforward", "none")]
    rows = table({(task, lag, *name): (VANISHED if name[0] != "feedforward" else ["memoryless"] * 5) for task in TASKS for lag in (5, 25) for name in names})
    cannot = ["A feed-forward network cannot use order.", "A feed-forward network predicts the exercise poorly."]
    assert rows.verdict[~rows.verdict.isin(["not shown here", "not tested"])].to_dict() == dict.fromkeys(cannot, "shown")


RELU = "Against vanishing: ReLU"
PLAIN, CURED = ("rnn", "none"), ("rnn", "relu")


def at_longest(tasks, *names):
    """The cells of models with mitigations on some tasks at the longest lag."""
    return {(task, 25, *name) for task in tasks for name in names}


STOPPED = "; the search for a learning rate stopped at its cap in "


@pytest.mark.parametrize(
    ("at_cap", "said"),
    [
        (at_longest(TASKS[:2], CURED), "2 of 3 conditions with it"),
        (at_longest(TASKS[:2], PLAIN), "2 of 3 conditions without it"),
        (at_longest(TASKS, PLAIN, CURED), "all 3 conditions with it and in all 3 conditions without it"),
    ],
)
def test_no_cure_is_refuted_by_conditions_whose_search_stopped_at_its_cap(at_cap, said):
    """Of 15 pairs lost at most five are left, too few for a test of seven claims: 2 / 2^5 * 7 is above 0.05."""
    row = claim(table(everything({PLAIN: MOST, CURED: [*LOST, "exploded"]}), at_cap=at_cap), RELU)
    assert (row.verdict, row.n_lost) == ("not shown here", 15)
    assert f"{STOPPED}{said}, so that nothing is refuted by their pairs: a further rate may be better" in row.evidence


def test_a_cure_is_refuted_by_the_pairs_of_the_other_conditions():
    """Ten pairs lost are enough: 2 / 2^10 * 7 is 0.014."""
    cells = everything({PLAIN: MOST, CURED: [*LOST, "exploded"]})
    every, most = (claim(table(cells, at_cap=at_cap), RELU) for at_cap in ((), at_longest(TASKS[:1], CURED)))
    assert every.verdict == most.verdict == "refuted" and "cap" not in every.evidence
    assert most.evidence.endswith(f"{STOPPED}1 of 3 conditions with it, and the 12 pairs of the others alone refute it too")


@pytest.mark.slow
def test_what_was_confirmed_says_how_many_conditions_without_it_stopped_at_the_cap():
    cells = everything({PLAIN: VANISHED, CURED: SOLVED})
    said = {}
    for n in range(4):
        row = claim(table(cells, at_cap=at_longest(TASKS[:n], PLAIN) | at_longest(TASKS, CURED)), RELU)
        assert row.verdict == "shown"
        said[n] = row.evidence.partition(STOPPED)[2]
    assert said == {0: "", **{n: f"{of} conditions without it, where a further rate may help too" for n, of in {1: "1 of 3", 2: "2 of 3", 3: "all 3"}.items()}}


@pytest.mark.slow
def test_a_recurrent_network_is_not_called_unable_by_a_search_that_stopped_at_its_cap():
    """Of 15 trials at three longer gaps none is solved, which refutes; of the five at one of them 0 of 5 reaches up to 0.43, which refutes as well."""
    gaps = (15, 30, 60)
    cells = {("exercise_schedule", 2, "rnn", "none"): SOLVED} | {("exercise_schedule", gap, "rnn", "none"): VANISHED for gap in gaps}
    cells |= {("exercise_schedule", gap, "lstm", "relu"): SOLVED for gap in gaps}

    def row(n):
        return claim(table(cells, at_cap={("exercise_schedule", gap, "rnn", "none") for gap in gaps[:n]}), "It does so too")

    assert [row(n).verdict for n in range(4)] == ["refuted", "refuted", "refuted", "not shown here"]
    assert "cap" not in row(0).evidence
    assert row(2).evidence.endswith("the search for a learning rate stopped at its cap in 2 of 3 conditions, and the others alone refute it too")
    assert row(3).evidence.endswith("stopped at its cap in all 3 conditions, so that nothing is refuted: a further rate may be better")


def test_a_feed_forward_network_that_solves_the_task_refutes_at_any_rate():
    cell = ("first_symbol", 5, "feedforward", "none")
    row = claim(table({cell: ["memoryless"] * 4 + ["solved"]}, at_cap={cell}), "A feed-forward network cannot")
    assert row.verdict == "refuted" and "cap" not in row.evidence


def test_every_claim_has_a_row_whatever_was_run():
    rows = table({("adding", 25, "rnn", "none"): None})
    assert len(rows) == len(source_claims()) and set(rows.verdict) == {"not tested"} and (rows.evidence != "").all()


@pytest.mark.parametrize(
    ("cells", "start", "n_needed", "said"),
    [
        ({}, "Against vanishing: ReLU", 56, "at least 56 pairs with trials whose gradient vanished without it are needed to test it; there was none"),
        (
            {("rnn", "none"): MOST, ("rnn", "relu"): MOST},
            "Against vanishing: ReLU",
            340,
            "340 pairs are needed to show it, if it rescues one in five of the trials",
        ),
        ({}, "A feed-forward network cannot", 4, "4 independent trials are needed to decide it, if none shows it; there was none"),
        (
            {("lstm", "none"): ["solved", *["vanished"] * 2]},
            "It does so too",
            26,
            "26 independent trials are needed to decide it, if three in four show it; there were 3",
        ),
    ],
)
def test_what_is_not_decided_says_how_many_trials_would_decide(cells, start, n_needed, said):
    """Nine pairs must be gained: 2 / 2^8 * 7 is above 0.05, 2 / 2^9 * 7 below. Of 18 pairs three vanished, of which one in five is one pair in thirty."""
    assert [next(n for n in range(999) if binom.sf(8, n, gained) >= 0.8) for gained in (1 / 5, 1 / 30)] == [56, 340]
    made = everything(cells) if cells else {("adding", 25, "gru", "none"): SOLVED}
    row = claim(table(made), start)
    assert row.n_needed == n_needed and row.to_decide.startswith(said)


def test_what_is_decided_needs_no_more_trials():
    rows = table(everything({PLAIN: VANISHED, CURED: SOLVED}))
    decided = rows[rows.verdict.isin(["shown", "refuted"])]
    assert len(decided) and decided.n_needed.isna().all() and (decided.to_decide == "").all() and (rows[~rows.index.isin(decided.index)].to_decide != "").all()


def test_recorded_data_and_a_lag_of_0_are_no_cases_of_the_textbook():
    """A feed-forward network may solve both."""
    for lag, facts in ((0, {}), (5, {"facts": {"rows": 9}})):
        plan, trials = benchmark({("adding", lag, "feedforward", "none"): SOLVED})
        plan = plan.model_copy(update={"tasks": [made_up_task("adding", lag, parameters=facts)]})
        row = claim(claims(plan, conditions(plan, trials), trials, no_references()).set_index("claim"), "A feed-forward network cannot")
        assert (row.verdict, row.n_trials) == ("not tested", 0)


def test_harm_that_is_not_shown_where_there_was_something_to_cure_is_told():
    cells = everything({PLAIN: SOLVED, CURED: LOST}) | {("first_symbol", 25, *PLAIN): [*SOLVED[:4], "vanished"]}
    row = claim(table(cells), RELU)
    assert (row.verdict, row.n_lost) == ("not shown here", 14) and "over all pairs it does harm" in row.evidence
