"""The answer on recorded data in words."""

import dataclasses

import pytest

from tests.support.recorded import class_answer, number_answer, text_answer
from tests.support.tables import made_up_task, plan_record
from unvanish.reports.tables.recorded import column_rows, error_rows, only_recorded, overview_rows, predict_command, question, verdict


def test_the_question_names_what_is_predicted():
    assert question([class_answer()]) == "Does a recurrent network predict exercise better than a simple predictor?"
    assert question([class_answer(), number_answer()]) == "Does a recurrent network predict exercise and weight better than a simple predictor?"
    others = [dataclasses.replace(class_answer(), target=name) for name in "abc"]
    assert question(others) == "Do recurrent networks predict better than simple predictors?"


@pytest.mark.parametrize(
    ("gain", "low", "high", "words"),
    [(0.2, 0.1, 0.3, "Yes: "), (-0.2, -0.3, -0.1, "No: "), (0.1, -0.1, 0.3, "Not shown: "), (0.0, 0.0, 0.0, "Not shown: ")],
)
def test_the_verdict_is_what_the_whole_interval_says(gain, low, high, words):
    found = verdict(dataclasses.replace(class_answer(), gain=gain, low=low, high=high))
    assert found.startswith(words) and f"{100 * gain:+.1f} percentage points of accuracy, 95 % interval {100 * low:+.1f} to {100 * high:+.1f}" in found


@pytest.mark.parametrize(
    ("gain", "words"), [(0.0, "No network can be better: a simple predictor already answers everything; the best network does too. "), (-0.1, "No: ")]
)
def test_where_a_simple_predictor_makes_no_mistake_the_verdict_says_so(gain, words):
    made = class_answer()
    simple = dataclasses.replace(made.simple, errors={"accuracy": 1.0, "balanced accuracy": 1.0})
    candidates = [made.candidates[0], simple, made.network]
    assert verdict(dataclasses.replace(made, candidates=candidates, gain=gain, low=gain, high=gain)).startswith(words)


def test_a_number_is_told_in_the_unit_of_its_column():
    assert "+0.5 of mean absolute error, 95 % interval +0.1 to +0.9" in verdict(number_answer())
    assert [row["errors"] for row in error_rows(number_answer())] == [["2", "2.5"], ["1.5", "2"]]


def test_errors_mark_the_best_simple_predictor_and_the_network():
    rows = error_rows(class_answer())
    assert [(row["name"], row["mark"]) for row in rows] == [
        ("always a", ""),
        ("last step (scikit-learn)", "best simple predictor"),
        ("gru (2 seeds)", "best network"),
    ]
    assert rows[2]["errors"] == ["75.0 %", "66.7 %"] and column_rows(class_answer())[0] == {"column": "day", "loss": "10.0", "range": "5.0 to 15.0"}


def test_the_command_names_a_task_where_there_are_several_and_there_is_none_without_a_log():
    one, other = class_answer(), dataclasses.replace(class_answer(), task="table:sleep it")
    assert predict_command(one, [one], "my gym") == "unvanish predict LOG.csv --output 'my gym'"
    assert predict_command(other, [one, other], "gym").endswith("--task 'table:sleep it'")
    assert predict_command(dataclasses.replace(one, asks_log=False), [one]) == ""


def test_a_page_is_about_recorded_data_where_all_tasks_are():
    recorded = made_up_task("table", 0, parameters={"facts": {"sequences": [1, 1, 1]}})
    assert only_recorded(plan_record([recorded]), [class_answer()])
    assert not only_recorded(plan_record([recorded]), [])
    assert not only_recorded(plan_record([recorded, made_up_task("adding", 10)]), [class_answer()])


def test_a_text_is_told_in_bits_and_beside_what_compressors_take():
    assert verdict(text_answer()) == (
        "No: a simple predictor predicts the next character of Alice in Wonderland better than the best network. Gain over “n-grams of order 4” on "
        "12,800 symbols of the test part: -0.27 bits per character, 95 % interval -0.30 to -0.20."
    )
    assert [row["errors"] for row in error_rows(text_answer())] == [["3.46", "25.0 %"], ["2.23", "50.0 %"], ["2.50", "40.0 %"]]
    (row,) = overview_rows([text_answer()])
    assert (row["network"], row["network_error"], row["simple"], row["simple_error"]) == ("gru (3 seeds)", "2.50", "n-grams of order 4", "2.23")
    assert row["better"] == "simple predictor" and row["published"] == ["2.27 bits per symbol by bzip2 -9 (Seward 1996; as a whole)"]


def test_where_nothing_beats_a_constant_there_is_nothing_to_learn():
    """Also where the network is better than a predictor that is worse than the constant."""
    made = dataclasses.replace(class_answer(), beats_constant=False, gain=0.01, low=-0.02, high=0.04)
    assert verdict(made).startswith("Nothing to learn was found: neither the best network nor a simple predictor is better on the test part than always ")
    assert overview_rows([made])[0]["better"] == "nothing to learn"


def test_a_network_without_memory_that_wins_is_called_no_recurrent_one():
    found = verdict(dataclasses.replace(class_answer(), model="feedforward"))
    assert found.startswith("A network without memory predicts exercise better than every simple predictor: ")
