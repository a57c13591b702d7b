"""The search for a learning rate: played through on made-up landscapes of rates, whose best rate is known."""

from itertools import pairwise

import numpy as np
import pytest

from unvanish.suite.experiment.tuning import BASELINE, CAP, INSIDE, STOPPED, TIED, UNSTABLE, RateGrid, TriedRate, best_rate, search, six_digits

GRID = RateGrid((0.04, 0.2, 1.0), ratio=5.0, most=7)
AT_BASELINE = TriedRate(0.04, ("baseline", "baseline"), (1.0, 1.0))


def tried(rate, *seeds):
    """What became of seeds, given as pairs of an outcome and a loss."""
    return TriedRate(rate, tuple(outcome for outcome, _ in seeds), tuple(loss for _, loss in seeds))


def landscape(solved=(), learning=(), diverged_from=np.inf):
    """Two seeds at any rate: solved or learning in these ranges of rates (the nearer to their middle the lower the loss), diverged from a rate on."""

    def at(rate):
        for word, between in (("solved", solved), ("learning", learning)):
            if between and between[0] <= rate <= between[1] and rate < diverged_from:
                off = abs(np.log(rate / np.sqrt(between[0] * between[1])))
                return tried(rate, *[(word, 0.01 * off + (0.0 if word == "solved" else 0.5) + 1e-4 * seed) for seed in (1, 2)])
        return tried(rate, *[("diverged", np.nan)] * 2) if rate >= diverged_from else tried(rate, *[("baseline", 1.0)] * 2)

    return at


def searched(at, grid=GRID):
    """The rates tried, the one chosen, and why the search stopped."""
    found = [at(rate) for rate in grid.first]
    while (state := search(grid, found, baseline=1.0)).further:
        found = sorted([*found, *map(at, state.further)], key=lambda rate: rate.rate)
    return [rate.rate for rate in found], state.best.rate, state.stopped


@pytest.mark.parametrize(
    ("at", "rates", "best", "stopped"),
    [
        (landscape(solved=(0.1, 0.5)), [0.04, 0.2, 1], 0.2, INSIDE),
        (landscape(solved=(2, 10)), [0.008, 0.04, 0.2, 1, 5, 25], 5, INSIDE),  # at first no rate leaves the baseline: both directions
        (landscape(learning=(0.8, 10)), [0.04, 0.2, 1, 5, 25], 5, INSIDE),
        (landscape(learning=(0.001, 0.1)), [0.0016, 0.008, 0.04, 0.2, 1], 0.008, INSIDE),
        (landscape(learning=(0.5, 2), diverged_from=3), [0.04, 0.2, 1, 5], 1, UNSTABLE),
        (landscape(learning=(1e-3, 1e9)), [0.04, 0.2, 1, 5, 25, 125, 625], 625, CAP),
        (landscape(), [0.0016, 0.008, 0.04, 0.2, 1, 5, 25], 0.0016, BASELINE),
        (landscape(diverged_from=0.5), [0.0016, 0.008, 0.04, 0.2, 1], 0.0016, BASELINE),
    ],
)
def test_the_grid_grows_until_the_best_rate_is_not_at_an_edge_or_there_is_a_reason(at, rates, best, stopped):
    found = searched(at)
    assert found[0] == pytest.approx(rates) and found[1:] == (pytest.approx(best), stopped)


@pytest.mark.parametrize(
    ("edge", "neighbour", "ends_at"),
    [
        ([("solved", 0.01), ("solved", 0.02)], [("solved", 0.03), ("solved", 0.04)], TIED),  # nothing is left to gain
        ([("solved", 0.01), ("solved", 0.02)], [("solved", 0.015), ("learning", 0.3)], UNSTABLE),
        ([("solved", 0.01), ("learning", 0.2)], [("solved", 0.01), ("learning", 0.3)], UNSTABLE),  # a tie, but a further rate may solve more
    ],
)
def test_a_best_rate_at_an_edge_ties_only_where_every_seed_solves_at_it_and_beside_it(edge, neighbour, ends_at):
    by_rate = {0.04: AT_BASELINE, 0.2: tried(0.2, *neighbour), 1.0: tried(1.0, *edge), 5.0: tried(5.0, *[("diverged", np.nan)] * 2)}
    rates, best, stopped = searched(by_rate.__getitem__)
    assert (best, stopped) == (1.0, ends_at) and len(rates) == (3 if ends_at == TIED else 4)


@pytest.mark.parametrize(
    ("seeds", "told"),
    [
        ([("solved", 0.0), ("baseline", 1.0)], True),
        ([("solved", 0.0), ("diverged", np.nan)], True),
        ([("learning", 0.5), ("learning", 0.9)], True),
        ([("learning", 0.5), ("baseline", 1.0)], False),  # one seed that learned a little may be chance
        ([("learning", 0.5), ("diverged", np.nan)], False),
        ([("baseline", 1.0), ("baseline", 1.0)], False),
    ],
)
def test_a_rate_is_told_from_the_baseline_by_a_seed_that_solves_or_by_all_that_learn(seeds, told):
    assert tried(0.2, *seeds).above_baseline is told


def test_a_seed_that_learned_a_little_by_chance_does_not_end_the_search():
    """Measured of a plain RNN on first_symbol at lag 25: of 9 rates 0.2 has one seed that learned a little, and at 0.008 both solve."""
    lucky = {0.2: tried(0.2, ("baseline", 1.0), ("learning", 0.8)), 0.008: tried(0.008, ("solved", 0.09), ("solved", 0.07))}
    rates, best, stopped = searched(lambda rate: lucky.get(rate) or tried(rate, ("baseline", 1.0), ("baseline", 1.0)))
    assert (best, stopped) == (0.008, INSIDE) and rates[0] == 0.0016


@pytest.mark.parametrize(("count", "most"), [(count, most) for count in (1, 2, 3) for most in (1, 2, 3, 4, 5, 7, 12) if most >= count])
@pytest.mark.parametrize(
    "at",
    [landscape(), landscape(diverged_from=0.01), landscape(diverged_from=0), landscape(learning=(1e-9, 1e9)), landscape(solved=(40, 60)), landscape((0.3, 3))],
)
def test_whatever_the_landscape_the_cap_holds_the_rates_have_no_gap_and_the_reason_is_given(at, count, most):
    grid = RateGrid(GRID.first[:count], 5.0, most)
    rates, best, stopped = searched(at, grid)
    assert count <= len(rates) <= most and stopped in STOPPED and best in rates
    np.testing.assert_allclose([high / low for low, high in pairwise(rates)], 5.0, rtol=1e-5)
    if stopped == INSIDE:
        assert rates[0] < best < rates[-1]
    if stopped == CAP:
        assert len(rates) == most


def test_a_grid_that_does_not_grow_stops_at_its_cap_where_the_best_rate_is_at_an_edge():
    fixed = RateGrid(GRID.first, 5.0, 3)
    assert searched(landscape(learning=(0.5, 2)), fixed) == ([0.04, 0.2, 1.0], 1.0, CAP)
    assert searched(landscape(), fixed)[2] == CAP
    assert searched(landscape(learning=(0.1, 0.5)), fixed)[2] == INSIDE


def test_of_two_directions_and_room_for_one_rate_the_higher_is_tried():
    assert searched(landscape(), RateGrid(GRID.first, 5.0, 4))[0] == [0.04, 0.2, 1.0, 5.0]


def test_the_reach_holds_every_rate_that_may_be_tried():
    for at in (landscape(learning=(1e-3, 1e9)), landscape(learning=(1e-12, 1e1))):
        rates, *_ = searched(at)
        assert GRID.reach[0] <= rates[0] * (1 + 1e-5) and rates[-1] <= GRID.reach[1] * (1 + 1e-5)
    assert searched(landscape(learning=(1e-3, 1e9)))[0][-1] == pytest.approx(GRID.reach[1])


def test_a_rate_is_written_as_a_person_would():
    assert six_digits(0.04 / 5 / 5) == 0.0016 and six_digits(1e-3 * np.sqrt(10)) == 0.00316228


# The choice


def chosen(low, high):
    """Of two rates with two seeds each, given as pairs of an outcome and a loss: whether the low or the high one is chosen."""
    best = best_rate([tried(0.2, *low), tried(1.0, *high)], baseline=1.0)
    return {0.2: "low", 1.0: "high"}[best.rate]


def test_the_rate_with_the_lowest_validation_loss_is_chosen_among_equals():
    assert chosen([("learning", 0.9)] * 2, [("learning", 0.5)] * 2) == "high"
    assert chosen([("learning", 0.5)] * 2, [("learning", 0.9)] * 2) == "low"
    assert chosen([("learning", 0.5)] * 2, [("learning", 0.5)] * 2) == "low"


def test_more_solved_seeds_are_preferred_to_a_lower_mean_loss():
    assert chosen(low=[("solved", 0.05), ("solved", 0.05)], high=[("solved", 0.0), ("learning", 0.06)]) == "low"
    assert chosen(low=[("learning", 0.4), ("learning", 0.4)], high=[("solved", 0.0), ("baseline", 1.0)]) == "high"


def test_a_lucky_seed_counts_once_however_small_its_loss():
    """Both solve one seed of two; the other seed decides, not how well the lucky one did."""
    assert chosen(low=[("solved", 0.04), ("learning", 0.5)], high=[("solved", 0.0), ("baseline", 1.0)]) == "low"


def test_of_rates_that_solve_as_much_the_one_whose_neighbours_solve_is_chosen():
    """The lowest loss is at the end of the valley, its middle is the surer choice."""
    losses = {0.04: 0.1, 0.2: 0.05, 1.0: 0.01, 5.0: np.nan}
    valley = [tried(rate, *[("solved" if loss < 1 else "diverged", loss)] * 2) for rate, loss in losses.items()]
    assert best_rate(valley, baseline=1.0).rate == 0.2
    assert best_rate(valley[1:], baseline=1.0).rate == 1.0  # of two with one neighbour each the lower loss


def test_how_far_a_loss_is_above_the_baseline_decides_nothing():
    assert chosen(low=[("baseline", 9.0), ("learning", 0.5)], high=[("baseline", 1.0), ("learning", 0.6)]) == "low"


def test_a_rate_with_a_trial_that_diverged_is_behind_one_without_but_not_behind_one_that_solves_less():
    assert chosen(low=[("diverged", np.nan), ("learning", 0.5)], high=[("baseline", 1.0), ("baseline", 1.0)]) == "high"
    assert chosen(low=[("diverged", np.nan), ("solved", 0.01)], high=[("learning", 0.5), ("learning", 0.5)]) == "low"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("word", ["diverged", "failed"])
def test_a_rate_that_diverged_or_failed_is_never_preferred(bad, word):
    assert chosen([(word, bad)] * 2, [("baseline", 9.0)] * 2) == "high"
    assert chosen([("baseline", 9.0)] * 2, [(word, bad)] * 2) == "low"
    assert chosen([(word, bad)] * 2, [(word, bad)] * 2) == "low"
