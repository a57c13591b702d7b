import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import bootstrap, mannwhitneyu, trim_mean

from reports.statistics.aggregate import bootstrap_interval, interquartile_mean, probability_of_improvement, resampled, scores_of


@pytest.fixture
def scores():
    """[problem, seed], of different sizes so that no axis can stand for the other."""
    values = np.random.default_rng(1).beta(0.4, 0.4, size=(3, 8))
    return xr.DataArray(values, dims=("problem", "seed"), coords={"problem": ["a 1", "a 2", "b 1"]})


def test_the_interquartile_mean_is_that_of_the_middle_half():
    """Of 0 .. 7 the middle half are 2, 3, 4, 5; a trial that exploded weighs no more than one that learned nothing."""
    eight = xr.DataArray([[0.0, 7, 1, 6], [2, 5, 3, 4]], dims=("problem", "seed"))
    assert float(interquartile_mean(eight)) == 3.5
    assert float(interquartile_mean(eight.where(eight < 7, 1000))) == 3.5


def test_no_axis_can_be_mistaken(scores):
    others = scores.isel(seed=slice(0, 5)) * 0.8
    assert float(interquartile_mean(scores.transpose())) == float(interquartile_mean(scores))
    expected = float(probability_of_improvement(scores, others))
    assert float(probability_of_improvement(scores.transpose(), others.isel(problem=[2, 0, 1]))) == pytest.approx(expected)
    with pytest.raises(ValueError, match="different problems"):
        probability_of_improvement(scores, others.isel(problem=[0, 1]))


def test_the_probability_of_improvement_is_mann_and_whitneys_u(scores):
    others = xr.DataArray(np.random.default_rng(2).beta(0.4, 0.6, size=(3, 5)).round(1), dims=("problem", "seed"), coords={"problem": scores.problem})
    scores = scores.round(1)  # with ties
    expected = np.mean([mannwhitneyu(scores[i], others[i]).statistic / (8 * 5) for i in range(3)])
    assert float(probability_of_improvement(scores, others)) == pytest.approx(expected)
    assert float(probability_of_improvement(scores, scores)) == 0.5


def test_seeds_are_drawn_within_each_problem(scores):
    drawn = resampled(scores, np.random.default_rng(0), draws=50)
    assert drawn.dims == ("draw", "problem", "seed") and drawn.shape == (50, 3, 8)
    for problem in scores.problem.values:
        assert set(drawn.sel(problem=problem).values.ravel()) == set(scores.sel(problem=problem).values)
    which = resampled(xr.zeros_like(scores) + xr.DataArray(np.arange(8), dims="seed"), np.random.default_rng(0), draws=50)
    assert len({tuple(seeds) for seeds in which.isel(draw=0).transpose("problem", "seed").values}) == 3  # each problem for itself


def test_problems_that_differ_and_seeds_that_do_not_leave_nothing_uncertain():
    certain = xr.DataArray(np.repeat([[0.0], [0.5], [1.0]], 6, axis=1), dims=("problem", "seed"))
    assert bootstrap_interval(interquartile_mean, certain) == pytest.approx((0.5, 0.5))


def test_the_interval_is_scipys_where_there_is_one_problem(scores):
    one = scores.isel(problem=[0])
    theirs = bootstrap((one.values[0],), lambda x, axis: trim_mean(x, 0.25, axis=axis), method="percentile", n_resamples=20000, rng=3).confidence_interval
    assert bootstrap_interval(interquartile_mean, one) == pytest.approx(theirs, abs=0.02)
    assert bootstrap_interval(interquartile_mean, one) == bootstrap_interval(interquartile_mean, one)


def test_scores_are_taken_from_evaluation_trials_and_none_may_be_missing():
    rows = [("adding", lag, "evaluate", seed, lag + seed / 10) for lag in (25, 50) for seed in (1, 2, 3)]
    table = pd.DataFrame([*rows, ("adding", 25, "tune", 9, 1.0)], columns=["task", "lag", "phase", "seed", "score"])
    array = scores_of(table)
    assert float(array.sel(problem="adding 50", seed=2)) == 50.2 and array.sizes == {"problem": 2, "seed": 3}
    with pytest.raises(ValueError, match="not every problem"):
        scores_of(table.drop(index=0))
