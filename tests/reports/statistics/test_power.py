"""The number of trials that a decision needs, against simulations and the tests that decide."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from unvanish.reports.statistics.power import pairs_needed, trials_needed


@pytest.mark.parametrize(("gained", "tests"), [(0.2, 7), (0.5, 1), (1.0, 7)])
def test_so_many_pairs_find_the_cure_and_fewer_do_not(gained, tests):
    needed = pairs_needed(gained, tests)
    rng = np.random.default_rng(1)

    def power(pairs):
        counts = rng.binomial(pairs, gained, 4000)
        p = {count: mcnemar([[0, count], [0, pairs - count]], exact=True).pvalue for count in set(counts)}
        return np.mean([p[count] * tests <= 0.05 for count in counts])

    assert power(needed) >= 0.78 and (power(needed - 1) < 0.82 if gained < 1 else power(needed - 1) == 0)


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_so_many_trials_tell_a_share_from_one_half(share):
    needed = trials_needed(share)
    counts = np.random.default_rng(1).binomial(needed, share, 4000)
    low, high = proportion_confint(counts, needed, method="wilson")
    assert np.mean((high < 0.5) | (low > 0.5)) >= 0.78


def test_none_of_three_may_be_chance_and_none_of_four_is_not():
    assert trials_needed(0.0) == 4
    assert proportion_confint(0, 3, method="wilson")[1] > 0.5 > proportion_confint(0, 4, method="wilson")[1]


def test_what_never_happens_or_hardly_ever_has_no_number():
    assert pairs_needed(0.0, 1) is None and pairs_needed(1e-6, 1) is None
    with pytest.raises(ValueError, match="no number of trials"):
        trials_needed(0.5)
