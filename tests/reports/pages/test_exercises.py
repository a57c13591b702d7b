"""The answers of the exercise sheet, computed again from the weights and the tables that the page prints."""

import re
from itertools import pairwise

import numpy as np
import pytest

from unvanish.reports.pages.exercises import exercises
from unvanish.reports.statistics.success import wilson_interval
from unvanish.reports.tables.explained_cures import MeasuredCure
from unvanish.suite.explain.explanation import explain


def measured(name, solved):
    low, high = wilson_interval(solved, 10)
    part = {"n_solved": solved, "n_trials": 10, "success_low": low, "success_high": high}
    return MeasuredCure(name, part, part)


@pytest.fixture(scope="module", params=[{}, {"lag": 1, "seed": 3, "hidden": 2, "long_lag": 40}], ids=str)
def explanation(request):
    return explain(**request.param)


@pytest.fixture
def sheet(explanation):
    return exercises(explanation, [measured("none", 2), measured("gradient_clipping", 7)])


def answer(sheet, words):
    """The answer to the only question with these words."""
    (found,) = [exercise.answer for exercise in sheet if words in exercise.question]
    return found


def numbers(text):
    return [float(value) for value in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", text)]


def test_the_state_of_a_day_is_that_of_the_worked_example(explanation, sheet):
    worked = explanation.worked
    text = answer(sheet, "Compute the state of unit 1")
    t = worked.example.information_step + 1
    assert numbers(text)[-1] == pytest.approx(np.tanh(worked.weights.W_h[0] @ worked.h[t - 1] + worked.weights.b_h[0]), abs=0.011)
    products = re.findall(r"\((\S+) × (\S+)\)", text)
    total = float(re.search(r"\) = (-?\d+\.\d+)", text)[1])
    assert sum(float(w) * float(h) for w, h in products) == pytest.approx(total, abs=0.0006)  # as a student with a pocket calculator finds it


def test_the_days_until_a_thousandth_are_found_by_counting(explanation, sheet):
    worked, text = explanation.worked, answer(sheet, "less than a thousandth")
    norms = worked.norms[worked.example.information_step :]
    factor = float(np.exp(np.mean([np.log(before / after) for before, after in pairwise(norms)])))
    assert re.search(r"it is (\d\.\d+)", text)[1] == f"{factor:.3f}"
    left, days = 1.0, 0
    while left > 1e-3:
        left, days = left * factor, days + 1
    assert f"so {days} days." in text


def test_the_updates_are_the_distance_over_the_change(explanation, sheet):
    *_, needed = numbers(answer(sheet, "move the weight by 1").rstrip("."))
    assert needed == pytest.approx(1 / abs(explanation.studies[0].plain.change), rel=0.06)


def test_the_weight_that_explodes_does_so_by_a_thousand(explanation, sheet):
    assert numbers(answer(sheet, "more than a thousand?").rstrip("."))[-1] ** explanation.long_lag == pytest.approx(1000, rel=0.02)


def test_what_a_sigmoid_leaves_is_below_the_bound(sheet):
    bound, left = (float(value) for value in re.findall(r"\d\.\de-\d+", answer(sheet, "choose the sigmoid")))
    assert bound == pytest.approx(0.5**20, rel=0.05) and 0 < left < bound


def test_measured_counts_are_told_and_left_out_where_there_are_none(explanation, sheet):
    assert answer(sheet, "Were you right?").startswith("Without a cure 2 of 10; clipping 7 of 10. ")
    assert len(exercises(explanation, [])) == len(sheet) - 1
