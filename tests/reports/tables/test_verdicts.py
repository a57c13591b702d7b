"""A verdict only where the trials carry it, by pairs written down by hand."""

import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from tests.support.tables import benchmark
from unvanish.reports.tables.verdicts import CONFIRMED, NOT_SHOWN, REFUTED, Pairs, Share

VANISHED = frozenset({"vanished"})


def pairs(with_cure, without):
    """Words of the same seeds, in order."""
    _, trials = benchmark({("adding", 25, "rnn", "relu"): with_cure, ("adding", 25, "rnn", "none"): without})
    evaluated = trials[trials.phase == "evaluate"]
    return Pairs.of(evaluated[evaluated.mitigation == "relu"], evaluated[evaluated.mitigation == "none"])


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
    _, trials = benchmark({("adding", 25, "rnn", "relu"): ["solved", "vanished"], ("adding", 25, "rnn", "none"): ["vanished", "solved"]})
    evaluated = trials[trials.phase == "evaluate"].sample(frac=1, random_state=1)
    mine = Pairs.of(evaluated[evaluated.mitigation == "relu"], evaluated[evaluated.mitigation == "none"])
    assert (mine.gained, mine.lost) == (1, 1)


def test_a_cure_is_confirmed_where_it_rescues_and_refuted_where_it_harms_or_hardly_ever_does():
    assert of(gained=9, lost=1).verdict(0.02, VANISHED) == CONFIRMED
    assert of(gained=9, lost=1).verdict(0.2, VANISHED) == NOT_SHOWN
    assert of(gained=1, lost=9, both=5).verdict(0.02, VANISHED) == REFUTED
    assert of(neither=16).verdict(1.0, VANISHED) == REFUTED  # Wilson's upper bound of 0 of 16 is 0.194
    assert of(neither=15).verdict(1.0, VANISHED) == NOT_SHOWN  # 0.204
    assert of(neither=30).verdict(1.0, frozenset({"exploded"})) == NOT_SHOWN  # what failed was nothing it is meant for
    assert of(both=30).verdict(1.0, VANISHED) == NOT_SHOWN  # nothing was there to rescue


def test_nothing_is_better_than_a_crash():
    """A crash without the cure is no pair; ten rescues of crashes are none."""
    assert len(pairs(["solved"] * 10, ["failed"] * 10)) == 0


def test_a_crash_confirms_and_refutes_nothing():
    """With the cure it counts as not solved, so that it cannot help, and is not held against the cure either."""
    crashed = pairs(["failed"] * 16 + ["solved"] * 3, ["solved"] * 16 + ["vanished"] * 3)
    assert crashed.lost == 16 and crashed.verdict(crashed.p, VANISHED) == NOT_SHOWN
    assert pairs(["failed"] * 30, ["vanished"] * 30).verdict(1.0, VANISHED) == NOT_SHOWN


def test_verdicts_on_shares_follow_wilsons_bounds():
    half, most, few = Share(3, 5, 0.23, 0.88), Share(9, 10, 0.60, 0.98), Share(1, 10, 0.02, 0.40)
    assert [share.majority() for share in (half, most, few)] == [NOT_SHOWN, CONFIRMED, REFUTED]
    assert [share.minority() for share in (half, most, few)] == [NOT_SHOWN, REFUTED, CONFIRMED]


def test_cannot_is_refuted_by_one_trial_and_not_confirmed_by_a_handful():
    assert Share(1, 100, 0.002, 0.05).none() == REFUTED
    assert Share(0, 20, 0.0, 0.16).none() == CONFIRMED
    assert Share(0, 3, 0.0, 0.56).none() == NOT_SHOWN


def test_two_trials_of_one_seed_are_not_paired_silently():
    _, trials = benchmark({("adding", 25, "rnn", "relu"): ["solved"], ("adding", 25, "rnn", "none"): ["solved"]})
    evaluated = trials[trials.phase == "evaluate"]
    with pytest.raises(pd.errors.MergeError):
        Pairs.of(pd.concat([evaluated, evaluated]), evaluated)
