"""The ranking of cures, by benchmarks written down by hand."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.support.tables import benchmark, dataset, made_up_task
from unvanish.reports.tables.advice import advise, distance, explained, half_solved, snippet, tried_up_to
from unvanish.tasks.errors import UsageError

SOLVED, VANISHED = ["solved"] * 5, ["vanished"] * 5


def data(cells, **options):
    return dataset(*benchmark(cells, **options))


CURES = {
    ("first_symbol", 25, "rnn", "none"): VANISHED,
    ("first_symbol", 25, "rnn", "relu"): ["failed"] * 5,
    ("first_symbol", 25, "rnn", "gradient_clipping"): ["solved", "solved", "solved", "exploded", "vanished"],
    ("first_symbol", 25, "rnn", "rmsprop"): SOLVED,
    ("first_symbol", 25, "rnn", "frozen"): SOLVED,
    ("first_symbol", 5, "rnn", "none"): SOLVED,
    ("first_symbol", 5, "rnn", "rmsprop"): VANISHED,
}


def test_cures_are_ranked_by_what_they_solved_and_controls_have_no_rank():
    advice = advise(data(CURES), "rnn", 25)
    assert list(advice.ranking.mitigation) == ["rmsprop", "gradient_clipping", "none", "frozen", "relu"]  # which failed to run
    assert advice.ranking["rank"].fillna(0).tolist() == [1, 1, 0, 0, 0]  # 3 of 5 is not told apart from 5 of 5; none solved none
    first = advice.ranking.iloc[0]
    assert (first.success_low, first.success_high) == pytest.approx(proportion_confint(5, 5, method="wilson"))
    assert advice.best.mitigation == "rmsprop" and [rate.learning_rate for rate in first.rates] == [0.2]
    assert first.steps_to_solved == 30  # seeds 101 .. 105 solve at 10 .. 50


def test_what_the_trials_do_not_tell_apart_from_the_first_is_said():
    """5 of 5 [0.57, 1]; 3 of 5 reaches up to 0.88, 0 of 5 up to 0.43."""
    ranking = advise(data(CURES), "rnn", 25).ranking.set_index("mitigation")
    assert ranking.tied.to_dict() == {"rmsprop": False, "gradient_clipping": True, "none": False, "relu": False, "frozen": False}


def test_the_most_frequent_cause_of_failure_is_given_and_a_crash_has_none():
    ranking = advise(data(CURES), "rnn", 25).ranking.set_index("mitigation")
    assert (ranking.cause["none"], ranking.n_cause["none"]) == ("vanished", 5)
    assert (ranking.cause["relu"], ranking.n_cause["relu"], ranking.n_solved["relu"], ranking.n_trials["relu"], ranking.n_failed["relu"]) == ("", 0, 0, 0, 5)
    assert ranking.failure.to_dict() == {"rmsprop": "", "gradient_clipping": "", "none": "", "frozen": "", "relu": "made up"}
    assert np.isnan(ranking.success_low["relu"])


@pytest.mark.parametrize(("asked", "used"), [(1, 5), (11, 5), (12, 25), (25, 25), (400, 25)])
def test_the_nearest_lag_by_ratio_is_used_and_said(asked, used):
    """Between 5 and 25 the middle is sqrt(125) = 11.2."""
    advice = advise(data(CURES), "rnn", asked)
    assert advice.problems == [("first_symbol", used)] and advice.exact == (asked == used)


def test_a_lag_that_was_run_is_used_itself_though_it_is_0():
    cells = {("first_symbol", lag, "rnn", "none"): SOLVED for lag in (0, 1)}
    assert [advise(data(cells), "rnn", lag).problems for lag in (0, 1)] == [[("first_symbol", 0)], [("first_symbol", 1)]]


def test_only_what_is_told_apart_is_ranked_lower():
    """Of 20: 20 [0.84, 1], 19 [0.76, 0.99], 8 [0.22, 0.61], 6 [0.15, 0.52], and none, which has no rank."""
    solved = {"relu": 20, "rmsprop": 19, "orthogonal": 8, "gradient_clipping": 6, "none": 0}
    cells = {("first_symbol", 25, "rnn", name): ["solved"] * n + ["vanished"] * (20 - n) for name, n in solved.items()}
    ranks = advise(data(cells), "rnn", 25).ranking.set_index("mitigation")["rank"].fillna(0)
    assert ranks.to_dict() == {"relu": 1, "rmsprop": 1, "orthogonal": 3, "gradient_clipping": 3, "none": 0}
    intervals = [proportion_confint(n, 20, method="wilson") for n in (20, 19, 8, 6)]
    assert intervals[1][1] > intervals[0][0] > intervals[1][0] > intervals[2][1] and intervals[3][1] > intervals[2][0]


def test_only_near_lags_answer_where_there_are_some():
    cells = {("first_symbol", 20, "rnn", "relu"): SOLVED, ("copy_memory", 5, "rnn", "rmsprop"): SOLVED}
    for lag, used, left_out, near in ((25, ["first_symbol"], ["copy_memory"], True), (10, ["first_symbol", "copy_memory"], [], True), (300, None, [], False)):
        advice = advise(data(cells), "rnn", lag)
        assert {task for task, _ in advice.problems} == set(used or ["first_symbol", "copy_memory"]) and advice.near == near
        assert [task for task, _ in advice.left_out] == left_out
    assert [distance(*lags) for lags in ((5, 25), (25, 5), (0, 1), (0, 3))] == [5, 5, 1, 3]


def test_of_a_kind_only_its_tasks_answer():
    plan, trials = benchmark({("first_symbol", 25, "rnn", "relu"): SOLVED, ("adding", 25, "rnn", "relu"): VANISHED})
    values = {"metric": "within_tolerance", "metric_label": "share within", "baseline_metric": 0.1}
    plan = plan.model_copy(update={"tasks": [plan.tasks[0], made_up_task("adding", 25, **values)]})
    made = dataset(plan, trials)
    assert advise(made, "rnn", 25, kind="classification").problems == [("first_symbol", 25)]
    assert advise(made, "rnn", 25, kind="regression").problems == [("adding", 25)]
    with pytest.raises(UsageError, match="has no task of the kind regression; its tasks are of the kind classification"):
        advise(data(CURES), "rnn", 25, kind="regression")


def test_of_two_lags_equally_near_the_longer_is_used():
    cells = {("first_symbol", lag, "rnn", "none"): SOLVED for lag in (4, 16)}
    assert advise(data(cells), "rnn", 8).problems == [("first_symbol", 16)]


def test_over_several_tasks_their_trials_are_taken_together():
    cells = {("first_symbol", 25, "rnn", "rmsprop"): SOLVED, ("adding", 50, "rnn", "rmsprop"): VANISHED, ("adding", 50, "rnn", "relu"): SOLVED}
    everything = advise(data(cells), "rnn", 30).ranking.set_index("mitigation")
    assert (everything.n_solved["rmsprop"], everything.n_trials["rmsprop"], everything.n_problems["rmsprop"]) == (5, 10, 2)
    assert (everything.n_trials["relu"], everything.n_problems["relu"]) == (5, 1)
    alone = advise(data(cells), "rnn", 30, "adding")
    assert alone.problems == [("adding", 50)] and alone.best.mitigation == "relu"


def test_where_nothing_is_solved_nothing_is_advised():
    advice = advise(data({("first_symbol", 25, "rnn", name): VANISHED for name in ("none", "relu")}), "rnn", 25)
    assert advice.best is None and len(advice.ranking) == 2


RMSPROP, PLAIN = ("first_symbol", 25, "rnn", "rmsprop"), ("first_symbol", 25, "rnn", "none")


def rates_of(mitigation, cells=CURES, **options):
    """Of a mitigation at lag 25, as text."""
    ranking = advise(data(cells, **options), "rnn", 25).ranking.set_index("mitigation")
    return [rate.text() for rate in ranking.rates[mitigation]]


def test_a_rate_has_its_valley_and_a_star_where_its_search_stopped_at_the_cap():
    """Of 0.04, 0.2 and 1 the middle one is chosen, at the cap the highest."""
    assert rates_of("rmsprop") == ["0.2"]  # no tuning trial solved
    assert rates_of("rmsprop", solving={RMSPROP: (0.2,)}) == ["0.2 (alone)"]
    assert rates_of("rmsprop", solving={RMSPROP: (0.2, 1.0)}) == ["0.2 (0.2 to 1)"]
    assert rates_of("rmsprop", solving={RMSPROP: (0.04, 0.2, 1.0)}) == ["0.2 (0.04 to 1)"]
    assert rates_of("rmsprop", at_cap={RMSPROP}) == ["1*"]
    assert rates_of("rmsprop", at_cap={RMSPROP}, solving={RMSPROP: (1.0,)}) == ["1* (alone)"]
    assert rates_of("none", at_cap={RMSPROP}) == ["0.2"]  # of that condition alone


def test_there_is_a_rate_for_each_task_and_none_where_trials_failed():
    cells = {("adding", 50, "rnn", "relu"): VANISHED, ("first_symbol", 25, "rnn", "relu"): ["failed"] * 5, ("first_symbol", 25, "rnn", "none"): SOLVED}
    ranking = advise(data(cells, at_cap={("adding", 50, "rnn", "relu")}), "rnn", 30).ranking.set_index("mitigation")
    rates = {(rate.task, rate.lag): rate for rate in ranking.rates["relu"]}
    assert {place: (rate.learning_rate, rate.at_cap) for place, rate in rates.items()} == {("adding", 50): (1.0, True), ("first_symbol", 25): (None, False)}
    assert [rate.task for rate in ranking.rates["none"]] == ["first_symbol"]
    assert rates["first_symbol", 25].text() == "-"


def test_marks_and_causes_are_explained_where_they_are_in_the_ranking():
    def said(words=VANISHED, **options):
        return [sentence.partition(":")[0].partition(" ")[0] for sentence in explained(advise(data({PLAIN: words}, **options), "rnn", 25).ranking)]

    assert said() == []
    assert said(solving={PLAIN: (0.2,)}) == ["rate"] and said(at_cap={PLAIN}) == ["*"]
    assert said(["weak"] * 5, at_cap={PLAIN}, solving={PLAIN: (1.0,)}) == ["rate", "*", "weak"]


def test_of_a_weak_gradient_the_highest_rate_that_was_tried_is_told():
    (row,) = advise(data({PLAIN: ["weak"] * 5}), "rnn", 25).ranking.itertuples()
    assert tried_up_to(row.cause, row.rates) == ", rates up to 1 tried" and tried_up_to("vanished", row.rates) == ""


def test_an_unsolved_half_has_no_steps():
    trials = benchmark({("first_symbol", 25, "rnn", "none"): ["solved", "solved", "vanished", "vanished", "vanished"]})[1]
    solved_at = trials[trials.phase == "evaluate"].solved_at
    assert np.isnan(half_solved(solved_at)) and half_solved(solved_at.iloc[:4]) == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lstm", 5), "there is no recurrent model in this benchmark, 'lstm'"),
        (("feedforward", 5), "there is no recurrent model"),
        (("rnn", 5, "addin"), "did you mean 'adding'"),
        (("rnn", -1), "the lag is -1"),
        (("rnn", 5, "adding"), "no trial of rnn on adding has been run yet"),
    ],
)
def test_what_the_benchmark_does_not_hold_is_one_sentence(arguments, message):
    cells = {("first_symbol", 5, "rnn", "none"): SOLVED, ("adding", 25, "rnn", "none"): None, ("adding", 25, "feedforward", "none"): None}
    with pytest.raises(UsageError, match=message):
        advise(data(cells), *arguments)


def test_the_snippet_has_the_rate_that_tuning_chose_and_there_is_none_for_what_was_not_run():
    made = data(CURES | {("first_symbol", 25, "rnn", "orthogonal"): None})
    assert "RMSprop(0.2, rho=0.9" in snippet(made, "rnn", "rmsprop", "first_symbol", 25)
    for name in ("orthogonal", "frozen", "relu"):  # not run; a control; failed, so that no rate was chosen
        assert snippet(made, "rnn", name, "first_symbol", 25) == ""
