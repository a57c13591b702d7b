"""What `advise` prints and hands to programs, by benchmarks written down by hand."""

import json
from importlib import import_module

import pytest
from rich.console import Console

from tests.support.tables import benchmark, dataset
from unvanish.reports.tables import advice as table

advise = import_module("unvanish.suite.cli.advise")  # its package has the command under the same name
PLAIN, CURED = ("first_symbol", 25, "rnn", "none"), ("first_symbol", 25, "rnn", "gradient_clipping+rmsprop")
AGAIN = ("adding", 50, "rnn", "gradient_clipping+rmsprop")
WEAK, SOLVED = ["weak"] * 5, ["solved"] * 5
STAR = "* as many rates were tried as the profile allows: a further one may be better."
VALLEY = "rate: in parentheses the rates around the chosen one at which every tuning trial solved the task."
LARGER = "weak: a larger learning rate is the first thing to try, with clipping against steps that are then too long."


@pytest.fixture
def printed(monkeypatch, capsys):
    """What is printed of the advice for rnn at lag 25, on a terminal so wide."""

    def show(cells, width=200, **options):
        monkeypatch.setattr(advise, "console", lambda: Console(highlight=False, width=width))
        data = dataset(*benchmark(cells, **options))
        advise.print_advice(data, table.advise(data, "rnn", 25))
        return capsys.readouterr().out

    return show


def test_a_rate_is_printed_with_its_valley_and_its_star_which_are_explained(printed):
    text = printed({PLAIN: WEAK, CURED: SOLVED}, at_cap={PLAIN}, solving={CURED: (0.04, 0.2, 1.0)})
    (cured,), (plain,) = ([line for line in text.splitlines() if line.split()[:1] == [start]] for start in ("1.", "-"))
    assert " 0.2 (0.04 to 1) " in cured and " 1* " in plain and "weak (5, rates up to 1 tried)" in plain
    assert text.count(STAR) == text.count(VALLEY) == text.count(LARGER) == 1


def test_marks_that_are_not_in_the_table_are_not_explained(printed):
    text = printed({PLAIN: ["vanished"] * 5, CURED: SOLVED})
    assert " 0.2 " in text and not any(each in text for each in (STAR, VALLEY, LARGER))


def test_where_nothing_is_advised_a_larger_rate_is(printed):
    text = printed({PLAIN: WEAK, CURED: WEAK})
    assert LARGER in text and text.index(LARGER) < text.index("none is advised")


def test_rates_of_several_tasks_fit_a_narrow_terminal(printed):
    cells = {PLAIN: WEAK, CURED: SOLVED, AGAIN: SOLVED}
    rates = (0.00032, 0.0016, 0.008)
    text = printed(cells, width=80, rates=rates, at_cap={AGAIN}, solving={CURED: rates, AGAIN: rates[2:]})
    lines = text.partition("Keras code")[0].splitlines()
    assert max(map(len, lines)) <= 80
    for part in ("0.0016 ", "(0.00032 ", "to 0.008) ", "0.008* ", "(alone)", "weak (5,"):
        assert any(part in line for line in lines), part


def test_programs_get_a_rate_for_each_task_with_what_is_missing_as_null():
    data = dataset(*benchmark({PLAIN: ["failed"] * 5, CURED: SOLVED, AGAIN: SOLVED}, at_cap={AGAIN}, solving={AGAIN: (1.0,)}))
    found = json.loads(json.dumps(advise.as_data(data, table.advise(data, "rnn", 25))))
    rates = {row["mitigation"]: row["rates"] for row in found["ranking"]}
    shared = {"highest_rate": 1.0}
    assert sorted(rates["gradient_clipping+rmsprop"], key=lambda rate: rate["task"]) == [
        {"task": "adding", "lag": 50, "learning_rate": 1.0, "solved_from": 1.0, "solved_to": 1.0, "search_stopped": "cap"} | shared,
        {"task": "first_symbol", "lag": 25, "learning_rate": 0.2, "solved_from": None, "solved_to": None, "search_stopped": "inside"} | shared,
    ]
    (crashed,) = rates["none"]
    assert (crashed["task"], crashed["learning_rate"], crashed["solved_from"]) == ("first_symbol", None, None)


CLIPPED, RELU = (("first_symbol", 25, "rnn", name) for name in ("gradient_clipping", "relu"))


def test_equals_have_one_rank_and_what_solved_nothing_is_one_line(printed):
    text = printed({PLAIN: WEAK, CURED: SOLVED, CLIPPED: SOLVED, RELU: ["exploded"] * 5})
    assert [line.split()[0] for line in text.splitlines() if "5 of 5" in line] == ["1.", "1."]
    assert "Solved no trial: relu (0 of 5, exploded (5))." in text


@pytest.mark.parametrize(
    ("lag", "said", "not_said"),
    [
        (25, ["rnn at lag 25, measured:", "first_symbol at lag 25, as yours"], ["left out", "may not hold"]),
        (30, ["by the nearest cases that were measured:", "first_symbol at lag 25, 0.83 times yours", "adding at lag 50, 1.7 times yours"], ["may not hold"]),
        (20, ["first_symbol at lag 25, 1.2 times yours", "left out as too far: adding at lag 50, 2.5 times yours"], ["may not hold"]),
        (400, ["no case near it was measured; the nearest are:", "adding at lag 50, 0.12 times yours", "may not hold at your lag"], ["left out"]),
    ],
)
def test_how_far_the_measured_cases_are_is_said(lag, said, not_said, monkeypatch, capsys):
    """A lag is near up to twice or half of it."""
    monkeypatch.setattr(advise, "console", lambda: Console(highlight=False, width=200))
    cells = {PLAIN: WEAK, CURED: SOLVED} | ({AGAIN: SOLVED} if lag != 25 else {})
    data = dataset(*benchmark(cells))
    advise.print_advice(data, table.advise(data, "rnn", lag))
    text = capsys.readouterr().out
    assert all(each in text for each in said) and not any(each in text for each in not_said), text


def test_the_code_is_of_the_nearest_case_that_the_cure_solved():
    """At lag 25 it solves nothing of the nearest task, and the other one at twice the lag."""
    data = dataset(*benchmark({PLAIN: WEAK, CURED: WEAK, AGAIN: SOLVED}))
    code, what = advise.code_of(data, table.advise(data, "rnn", 25))
    assert "# adding at lag 50" in code and what.startswith("rnn with gradient_clipping+rmsprop, as it was trained on adding at lag 50, 2 times yours")
    assert advise.code_of(data, table.advise(data, "rnn", 25, "first_symbol")) == ("", "")
