"""Benchmarks side by side, by hand: what counts as unsolved, what does not, and what the page says."""

import re

import pytest
from scipy.stats import binomtest

from tests.support.tables import benchmark, dataset
from unvanish.reports.pages.comparison import render
from unvanish.reports.pages.templating import sentence, signed
from unvanish.reports.tables.comparison import Comparison, verdict
from unvanish.suite.cli.compare import short_names

TASKS = ("first_symbol", "temporal_order", "adding")
SOLVED, LOST = ["solved"] * 5, ["exploded"] * 5
ONE_LOST = ["solved"] * 4 + ["exploded"]


def cells(words, mitigation="relu", tasks=TASKS):
    return {(task, 25, "rnn", mitigation): words for task in tasks}


def compared(before, after):
    return Comparison(dataset(*benchmark(before)), dataset(*benchmark(after)))


def test_the_same_benchmark_twice_changes_nothing():
    same = compared(cells(SOLVED), cells(SOLVED))
    assert same.changed.empty and not same.became_unsolved and len(same.pairs) == 15


def test_a_condition_that_falls_below_half_became_unsolved():
    broken = compared(cells(SOLVED), cells(SOLVED) | {("adding", 25, "rnn", "relu"): ["solved"] * 2 + ["exploded"] * 3})
    assert broken.became_unsolved and broken.conditions[broken.conditions.unsolved].task.tolist() == ["adding"]
    kept = compared(cells(SOLVED), cells(SOLVED) | {("adding", 25, "rnn", "relu"): ["solved"] * 3 + ["exploded"] * 2})
    assert not kept.became_unsolved and len(kept.changed) == 2


def test_many_single_losses_that_chance_does_not_explain_are_worse():
    """Ten of fifty pairs lost and none gained, in conditions that all still solve most of theirs."""
    tasks = [f"task {i}" for i in range(10)]
    worse = compared(cells(SOLVED, tasks=tasks), cells(ONE_LOST, tasks=tasks))
    (group,) = worse.groups.itertuples()
    assert not worse.conditions.unsolved.any() and worse.became_unsolved
    assert group.worse and group.p_holm == pytest.approx(binomtest(0, 10).pvalue)
    few = compared(cells(SOLVED), cells(ONE_LOST))
    assert not few.became_unsolved  # 3 of 15 lost: p 0.25


def test_the_correction_is_for_all_models_and_mitigations_compared():
    names = [f"{a}{b}" for a in "abcdefg" for b in "xyz"]
    before = {("adding", 25, "rnn", name): SOLVED * 2 for name in names}
    after = before | {("adding", 25, "rnn", "ax"): ["exploded"] * 5 + SOLVED}
    group = compared(before, after).groups.set_index("mitigation").loc["ax"]
    assert group.n_lost == 5 and not group.worse and group.p_holm == pytest.approx(1)


def test_what_could_not_be_run_any_more_is_told_and_counts_neither_way():
    crashed = compared(cells(SOLVED), cells(["failed"] * 5))
    assert not crashed.became_unsolved and len(crashed.failing) == 15 and crashed.conditions.empty and crashed.groups.empty
    assert "15 pairs of which a trial failed to run are left out, 15 of them after it ran before." in verdict(crashed)
    assert "15 of them after it ran before" in render("one", {"two": crashed})
    assert compared(cells(["failed"] * 5), cells(SOLVED)).failing.empty


def test_gains_of_crashes_make_up_for_nothing():
    tasks = [f"task {i}" for i in range(10)]
    before = cells(["failed"] + ["solved"] * 4, tasks=tasks)
    after = cells(["solved", "exploded", "solved", "solved", "solved"], tasks=tasks)
    (group,) = compared(before, after).groups.itertuples()
    assert (group.n_gained, group.n_lost, group.worse) == (0, 10, True)


def test_trials_that_are_no_longer_solved_come_first():
    before = {("adding", 25, "rnn", "relu"): ["vanished", "solved", "exploded"]}
    changed = compared(before, {("adding", 25, "rnn", "relu"): ["solved", "learning", "learning"]}).changed
    assert changed.seed.tolist() == [102, 101, 103] and changed.outcome_after.tolist() == ["learning", "solved", "learning"]


def test_what_was_run_in_one_only_is_listed_and_not_compared():
    mixed = compared(cells(SOLVED) | cells(SOLVED, "rmsprop"), cells(SOLVED) | cells(LOST, "adam"))
    assert set(mixed.only("before").mitigation) == {"rmsprop"} and set(mixed.only("after").mitigation) == {"adam"}
    assert len(mixed.pairs) == 15 and not mixed.became_unsolved


def test_the_page_says_what_the_sentence_says_and_needs_nothing_else():
    broken = compared(cells(SOLVED), cells(LOST))
    page = render("one <a>", {"two": broken})
    assert verdict(broken).startswith("Of 15 trials in both, 15 are no longer solved and 0 are newly solved; 3 of 3 conditions became unsolved")
    assert "15 are no longer solved" in page and "one &lt;a&gt;" in page and "<script" not in page and "://" not in page
    assert len(re.findall(r">solved</td><td[^>]*>baseline</td>", page)) == 15


def test_names_stand_as_they_are_read_and_no_difference_has_no_sign():
    page = render("one", {"two": compared(cells(SOLVED, "gradient_clipping"), cells(SOLVED, "gradient_clipping"))})
    assert "gradient clipping" in page and "gradient_clipping" not in page
    assert ">0.00</td>" in page and not re.search(r"[+-]0\.00", page)
    assert signed(-0.004) == "0.00" and signed(0.006) == "+0.01" and signed(-0.25) == "-0.25"
    assert (
        sentence("With gradient_clipping(threshold=0.3)+rmsprop rnn (1.5) solved 3+4")
        == "With gradient clipping (threshold 0.3) + rmsprop rnn (1.5) solved 3+4"
    )


def test_folders_are_called_by_their_last_part_unless_two_are_the_same(tmp_path):
    for name in ("a/results", "b/results", "b/other"):
        (tmp_path / name).mkdir(parents=True)
    a, b, other = (str(tmp_path / name) for name in ("a/results", "b/results", "b/other"))
    assert short_names([a, other, "quick"]) == ["results", "other", "quick"]
    assert short_names([a, b]) == [a, b]


def test_one_name_of_two_files_is_no_pair():
    """As of `table` with another file: its trials are of one benchmark only."""
    same, other = (compared(cells(SOLVED), cells(LOST)) for _ in range(2))
    for benchmark_, digest in ((other.before, "a"), (other.after, "b")):
        for task in benchmark_.plan.tasks:
            if task.task == "adding":
                task.parameters["facts"] = {"digest": digest}
    assert len(same.pairs) == 15 and len(other.pairs) == 10 and "adding" not in set(other.pairs.task)
    assert set(other.only("before").task) == set(other.only("after").task) == {"adding"}
