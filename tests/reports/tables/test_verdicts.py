"""A verdict only where the trials carry it, by pairs written down by hand."""

import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from tests.support.tables import benchmark
from unvanish.reports.tables.conditions import conditions
from unvanish.reports.tables.verdicts import NOT_SHOWN, NOT_TESTED, REFUTED, SHOWN, Pairs, Share, of_conditions, with_search

VANISHED = frozenset({"vanished"})


CURED, PLAIN = ("adding", 25, "rnn", "relu"), ("adding", 25, "rnn", "none")


def evaluated(cells, **options):
    plan, trials = benchmark(cells, **options)
    return with_search(trials[trials.phase == "evaluate"], conditions(plan, trials))


def paired(trials):
    return Pairs.of(trials[trials.mitigation == "relu"], trials[trials.mitigation == "none"])


def pairs(with_cure, without, **options):
    """Words of the same seeds, in order."""
    return paired(evaluated({CURED: with_cure, PLAIN: without}, **options))


def verdict(mine, p):
    """Of pairs in whose conditions no search stopped at its cap, so that both p are of the same pairs."""
    return mine.verdict(p, p, VANISHED)


def of(both=0, gained=0, lost=0, neither=0):
    return pairs(
        ["solved"] * both + ["solved"] * gained + ["vanished"] * (lost + neither),
        ["solved"] * both + ["vanished"] * gained + ["solved"] * lost + ["vanished"] * neither,
    )


@pytest.mark.parametrize(("gained", "lost"), [(9, 1), (3, 2), (0, 6), (0, 0)])
def test_p_is_mcnemars_exact_test(gained, lost):
    mine = of(both=3, gained=gained, lost=lost, neither=4)
    assert (mine.gained, mine.lost, len(mine)) == (gained, lost, 7 + gained + lost)
    assert mine.p == pytest.approx(min(mcnemar([[3, gained], [lost, 4]], exact=True).pvalue, 1))


def test_pairs_are_of_one_seed_whatever_the_order_of_the_rows():
    mine = paired(evaluated({CURED: ["solved", "vanished"], PLAIN: ["vanished", "solved"]}).sample(frac=1, random_state=1))
    assert (mine.gained, mine.lost) == (1, 1)


def test_a_cure_is_confirmed_where_it_rescues_and_refuted_where_it_harms_or_hardly_ever_does():
    assert verdict(of(gained=9, lost=1), 0.02) == SHOWN
    assert verdict(of(gained=9, lost=1), 0.2) == NOT_SHOWN
    assert verdict(of(gained=1, lost=9, both=5), 0.02) == REFUTED
    assert verdict(of(neither=16), 1.0) == REFUTED  # Wilson's upper bound of 0 of 16 is 0.194
    assert verdict(of(neither=15), 1.0) == NOT_SHOWN  # 0.204
    assert of(neither=30).verdict(1.0, 1.0, frozenset({"exploded"})) == NOT_TESTED  # what failed was nothing it is meant for
    assert verdict(of(both=30), 1.0) == NOT_TESTED  # nothing was there to rescue


@pytest.mark.parametrize("at_cap", [{CURED}, {PLAIN}, {CURED, PLAIN}])
def test_a_search_that_stopped_at_its_cap_refutes_nothing_and_may_confirm(at_cap):
    harmed = pairs(["vanished"] * 10, ["solved"] * 9 + ["vanished"], at_cap=at_cap)
    useless = pairs(["vanished"] * 16, ["vanished"] * 16, at_cap=at_cap)
    assert [verdict(mine, 0.004) for mine in (harmed, useless)] == [NOT_SHOWN, NOT_SHOWN]
    assert len(harmed.without_cap) == 0 and verdict(pairs(["solved"] * 9, ["vanished"] * 9, at_cap=at_cap), 0.004) == SHOWN


def two_tasks(capped, settled):
    """Pairs of (gained, neither) of a task whose search with the cure stopped at its cap, and of one where none did."""
    cells = {}
    for task, (gained, neither) in {"adding": capped, "first_symbol": settled}.items():
        cells[task, 25, "rnn", "relu"] = ["solved"] * gained + ["vanished"] * neither
        cells[task, 25, "rnn", "none"] = ["vanished"] * (gained + neither)
    return paired(evaluated(cells, at_cap={CURED}))


def test_a_cure_is_refuted_where_all_pairs_and_those_without_a_cap_alone_do_so():
    """Wilson's upper bound of 0 of 16 is 0.194, of 0 of 15 0.204, of 8 of 24 0.533; a cure is none below 0.2."""
    assert verdict(two_tasks((0, 5), (0, 16)), 1.0) == REFUTED
    assert verdict(two_tasks((0, 30), (0, 15)), 1.0) == NOT_SHOWN  # by the others alone it may rescue one in five
    assert verdict(two_tasks((8, 0), (0, 16)), 1.0) == NOT_SHOWN  # it rescued a third of all, though only at the cap


def test_harm_is_tested_on_the_pairs_without_a_cap_with_their_own_p():
    harmed = pairs(["vanished"] * 10, ["solved"] * 9 + ["vanished"])
    assert [harmed.verdict(0.004, p, VANISHED) for p in (0.004, 0.2)] == [REFUTED, NOT_SHOWN]


def test_a_cure_is_not_refuted_by_conditions_in_which_there_was_nothing_to_cure():
    """Nine of ten pairs are lost at a task where nothing vanishes; of the other task, where one vanished, five pairs decide nothing."""
    cells = {("adding", 25, "rnn", "relu"): ["exploded"] * 10, ("adding", 25, "rnn", "none"): ["solved"] * 10}
    nothing = paired(evaluated(cells))
    assert (verdict(nothing, nothing.p), nothing.lost) == (NOT_TESTED, 10)
    few = {("first_symbol", 25, "rnn", "relu"): ["exploded"] * 5, ("first_symbol", 25, "rnn", "none"): ["solved"] * 4 + ["vanished"]}
    both = paired(evaluated(cells | few))
    assert len(both.decisive(VANISHED)) == 5 and both.verdict(both.p, both.decisive(VANISHED).p, VANISHED) == NOT_SHOWN


def test_the_interval_of_the_share_gained_is_the_one_that_the_test_inverts():
    assert of(gained=6).share_gained[0] > 0.5 > of(gained=5).share_gained[0]  # p 0.031 and 0.062
    assert of(gained=9, lost=1).share_gained == pytest.approx(binomtest(9, 10).proportion_ci(method="exact"))
    assert of(both=3).share_gained == (0, 1)


def test_conditions_are_counted_in_words():
    assert [of_conditions(*n) for n in ((1, 1), (1, 9), (8, 9), (9, 9))] == ["the only condition", "1 of 9 conditions", "8 of 9 conditions", "all 9 conditions"]


def test_nothing_is_better_than_a_crash():
    """A crash is no pair, with the cure or without it; ten rescues of crashes are none."""
    assert len(pairs(["solved"] * 10, ["failed"] * 10)) == len(pairs(["failed"] * 10, ["solved"] * 10)) == 0


def test_a_crash_confirms_and_refutes_nothing():
    """It is held neither for the cure nor against it."""
    crashed = pairs(["failed"] * 16 + ["solved"] * 3, ["solved"] * 16 + ["vanished"] * 3)
    assert (crashed.gained, crashed.lost) == (3, 0) and verdict(crashed, crashed.p) == NOT_SHOWN
    assert verdict(pairs(["failed"] * 30, ["vanished"] * 30), 1.0) == NOT_TESTED


def test_verdicts_on_shares_follow_wilsons_bounds():
    half, most, few = Share(3, 5, 0.23, 0.88), Share(9, 10, 0.60, 0.98), Share(1, 10, 0.02, 0.40)
    assert [share.majority() for share in (half, most, few)] == [NOT_SHOWN, SHOWN, REFUTED]
    assert [share.minority() for share in (half, most, few)] == [NOT_SHOWN, REFUTED, SHOWN]


def test_cannot_is_refuted_by_one_trial_and_not_confirmed_by_a_handful():
    assert Share(1, 100, 0.002, 0.05).none() == REFUTED
    assert Share(0, 20, 0.0, 0.16).none() == SHOWN
    assert Share(0, 3, 0.0, 0.56).none() == NOT_SHOWN


def test_two_trials_of_one_seed_are_not_paired_silently():
    trials = evaluated({CURED: ["solved"], PLAIN: ["solved"]})
    with pytest.raises(pd.errors.MergeError):
        Pairs.of(pd.concat([trials, trials]), trials)
