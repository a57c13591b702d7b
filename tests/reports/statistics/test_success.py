import pytest

from reports.statistics.success import wilson_interval


@pytest.mark.parametrize(("solved", "tried", "low", "high"), [(0, 3, 0.0, 0.5615), (3, 3, 0.4385, 1.0), (81, 263, 0.2553, 0.3662)])
def test_wilsons_interval_is_the_published_one(solved, tried, low, high):
    """81 of 263: Newcombe (1998), table I; 0 of 3 by hand: z^2 / (n + z^2)."""
    assert wilson_interval(solved, tried) == pytest.approx((low, high), abs=1e-4)
