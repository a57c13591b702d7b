"""The sentences of the answer are true for every kind of benchmark, and the rows they name prove them."""

import re

import pytest

from tests.support.tables import benchmark, dataset
from unvanish.reports.tables.answer import KEY, answer, join_names

SOLVED, VANISHED, EXPLODED = ["solved"] * 5, ["vanished"] * 5, ["exploded"] * 5
TASKS = ("first_symbol", "temporal_order")


def sentences(cells, **options):
    data = dataset(*benchmark(cells, **options))
    found = answer(data)
    for sentence in found:  # every key is a row of the table, once
        rows = data.trials.merge(sentence.trials, on=KEY)
        assert len(rows) == len(sentence.trials) and not sentence.trials.duplicated().any()
        assert "nan" not in sentence.text and sentence.section and sentence.text.endswith(".")
    return data, found


def texts(cells, **options):
    return [sentence.text for sentence in sentences(cells, **options)[1]]


def whole(lag=25, **words):
    return {(task, lag, *name.split("_", 1)): of for task in TASKS for name, of in words.items()}


def test_what_is_counted_is_in_the_rows_that_are_named():
    data, found = sentences(whole(rnn_none=EXPLODED, rnn_relu=SOLVED, gru_none=VANISHED, feedforward_none=["memoryless"] * 5))
    rescued = next(sentence for sentence in found if sentence.text.startswith("With relu"))
    rows = data.trials.merge(rescued.trials, on=KEY)
    assert rescued.text.startswith("With relu rnn solved 10 of 10 [0.72, 1.00]: of the same seeds 10 gained and 0 lost (McNemar's exact p 0.002 ")
    assert (rows[rows.mitigation == "relu"].diagnosis == "solved").sum() == 10 and (rows[rows.mitigation == "none"].diagnosis == "solved").sum() == 0
    failed = next(sentence for sentence in found if sentence.text.startswith("rnn without"))
    cause = "the most frequent first event of the 10 others was a gradient spike (10, at rate 0.2)"
    assert failed.text == f"rnn without a cure solved none of 10 [0.00, 0.28]; {cause}."
    assert set(failed.trials.mitigation) == {"none"} and len(failed.trials) == 10


def test_the_longest_lag_is_the_planned_one():
    made = whole(rnn_none=SOLVED) | {(task, 50, "rnn", "none"): None for task in TASKS}
    (only,) = texts(made)
    assert only == "No trial at the longest lag of a task has been run to its end. 2 of 4 planned conditions have been run."


def test_nothing_run_nothing_solved_and_nothing_but_failures_are_said():
    assert texts(whole(rnn_none=None)) == ["No trial has been evaluated yet."]
    unsolved = texts(whole(rnn_none=VANISHED, rnn_relu=VANISHED))
    assert "No cure solved a trial of rnn at any of the rates tried, 0.04 to 1: none of 10 under 1 cure." in unsolved
    assert not any(text.startswith("Fewest") for text in unsolved)
    failed = texts(whole(rnn_none=["failed"] * 5, rnn_relu=["failed"] * 5))
    assert failed[-1] == "20 of 20 evaluation trials failed to run, and count neither for nor against anything: made up." and len(failed) == 2


def test_what_failed_is_in_no_count():
    """Ten trials of a cure that could not be run are none that were not solved."""
    found = texts(whole(rnn_none=VANISHED, rnn_relu=["failed"] * 5, rnn_rmsprop=SOLVED))
    assert "10 of 20 evaluation trials solved their task" in found[0] and not any("relu" in text for text in found)
    assert any(text.startswith("With rmsprop rnn solved 10 of 10") for text in found) and found[-1].startswith("10 of 30 evaluation trials failed to run")


def test_against_a_crash_no_cure_is_better():
    """Without pairs there is no rescue to speak of."""
    assert not any(text.startswith("With") for text in texts(whole(rnn_none=["failed"] * 5, rnn_relu=SOLVED)))


def test_a_cure_that_was_run_on_a_part_of_the_tasks_is_not_compared():
    made = whole(rnn_none=VANISHED, rnn_relu=SOLVED, rnn_rmsprop=["solved"] * 2 + ["vanished"] * 3)
    made["first_symbol", 25, "rnn", "relu"] = None
    found = texts(made)
    assert any(text.startswith("With rmsprop rnn solved 4 of 10") for text in found) and not any("relu" in text for text in found)


def test_what_cannot_be_told_apart_is_said_to_be():
    (text,) = [text for text in texts(whole(rnn_none=["solved"] * 4 + ["vanished"], rnn_relu=SOLVED)) if text.startswith("With relu")]
    assert "2 gained and 0 lost" in text and "which does not tell it from none" in text
    few = {("adding", 25, "rnn", "none"): VANISHED, ("adding", 25, "rnn", "relu"): SOLVED}
    assert any("too few for a test" in text for text in texts(few))


def test_equals_are_named_and_the_fewest_steps_are_of_what_solves_half():
    found = texts(whole(rnn_none=VANISHED, rnn_relu=SOLVED, rnn_rmsprop=SOLVED))
    assert any(re.search("; rmsprop solved as many", text) for text in found)
    (fewest,) = [text for text in found if text.startswith("Fewest")]
    assert fewest.startswith("Fewest steps: rnn with relu and rnn with rmsprop have solved half of the trials by step 30 ")


@pytest.mark.parametrize("mitigation", ["frozen", "truncated_bptt"])
def test_a_control_is_never_the_cure(mitigation):
    made = whole(rnn_none=VANISHED, rnn_frozen=SOLVED, rnn_truncated_bptt=VANISHED)
    found = texts(made, no_gradient={(25, "truncated_bptt")})
    assert not any(text.startswith("With frozen") for text in found)
    assert any("a network whose state is never trained 10" in text for text in found)


PLAIN, CURED = (*[(task, 25, "rnn", "none") for task in TASKS],), (*[(task, 25, "rnn", "relu") for task in TASKS],)


def start(text, **options):
    """Of the sentences of a network that solves nothing, with a cure and without, the one that starts so."""
    words = options.pop("words", VANISHED)
    (found,) = [each for each in texts(whole(rnn_none=words, rnn_relu=VANISHED), **options) if each.startswith(text)]
    return found


@pytest.mark.parametrize(
    ("n", "end"),
    [
        (0, "none of 10 under 1 cure."),
        (1, "none of 10 under 1 cure; a further rate may be better in 1 of 2 conditions, where the search stopped at its cap."),
        (2, "none of 10 under 1 cure; a further rate may be better in all 2 conditions, where the search stopped at its cap."),
    ],
)
def test_where_no_cure_helps_the_rates_are_told_and_what_they_leave_open(n, end):
    assert start("No cure", at_cap=CURED[:n]) == f"No cure solved a trial of rnn at any of the rates tried, 0.04 to 1: {end}"


def test_no_rate_is_said_to_fail_that_solved_a_tuning_trial():
    assert " of rnn at the rates that were chosen of those tried, 0.04 to 1: none of 10 " in start("No cure", solving={CURED[1]: (1.0,)})
    assert " of rnn at the only rate tried, 0.2: none of 10 " in start("No cure", rates=(0.2,))


def test_of_several_cures_all_are_counted():
    text = next(text for text in texts(whole(rnn_none=VANISHED, rnn_relu=VANISHED, rnn_rmsprop=VANISHED)) if text.startswith("No cure"))
    assert text.endswith(": none of 20 under 2 cures.")


def test_causes_are_told_with_the_rates_at_which_they_were_seen():
    """The rate of a cell at its cap is 1, that of others 0.2."""
    others = "; the most frequent first event of the 10 others was a gradient that vanished"
    assert f"{others} (10, at rate 0.2)." in start("rnn without")
    text = start("rnn without", at_cap=PLAIN[:1])
    assert f"{others} (10, at rates 0.2 to 1); a further rate may be better in 1 of 2 conditions, where the search stopped at its cap." in text
    (few,) = [each for each in texts({PLAIN[0]: ["exploded"] * 5, PLAIN[1]: VANISHED * 2}, at_cap=PLAIN[:1]) if each.startswith("rnn without")]
    assert "of the 15 others was a gradient that vanished (10, at rate 0.2); a further rate" in few
    cells = {PLAIN[0]: ["exploded", *["solved"] * 4], PLAIN[1]: SOLVED}
    (one,) = [text for text in texts(cells, at_cap=PLAIN[:1]) if text.startswith("rnn without")]
    assert "solved 9 of 10" in one and "; the first event of the other one was a gradient spike (1, at rate 1); a further rate may be better in the only" in one
    (none,) = [text for text in texts(whole(rnn_none=SOLVED), at_cap=PLAIN) if text.startswith("rnn without")]
    assert "first event" not in none and "rate" not in none


def test_against_a_weak_gradient_a_larger_rate_comes_first_and_whether_one_was_tried():
    first = "a gradient that was weak from the start (10, at rate 0.2); a larger learning rate is the first thing to try, with clipping"
    tried = start("rnn without", words=["weak"] * 5)
    assert first in tried and tried.endswith(", and rates up to 1 were tried and were no better.")
    open_ = start("rnn without", words=["weak"] * 5, at_cap=PLAIN[1:])
    assert ", and none was tried in 1 of 2 conditions; a further rate may be better in 1 of 2 conditions," in open_


def test_names_are_join_names_and_many_are_counted():
    assert [join_names(names) for names in (["a"], ["a", "b"], ["a", "b", "c"], list("abcdef"))] == ["a", "a and b", "a, b and c", "a, b and 4 others"]
