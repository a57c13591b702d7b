import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import bootstrap, trim_mean
from statsmodels.stats.proportion import proportion_confint

from unvanish.reports.statistics.aggregate import bootstrap_interval, interquartile_mean, probability_of_improvement, resampled, scores_of


@pytest.fixture
def scores():
    """[problem, seed], of different sizes so that no axis can stand for the other."""
    values = np.random.default_rng(1).beta(0.4, 0.4, size=(3, 8))
    return xr.DataArray(values, dims=("problem", "seed"), coords={"problem": ["a 1", "a 2", "b 1"], "seed": range(101, 109)})


def test_the_interquartile_mean_is_that_of_the_middle_half():
    """Of 0 .. 7 the middle half are 2, 3, 4, 5; a trial that exploded weighs no more than one that learned nothing."""
    eight = xr.DataArray([[0.0, 7, 1, 6], [2, 5, 3, 4]], dims=("problem", "seed"))
    assert float(interquartile_mean(eight)) == 3.5
    assert float(interquartile_mean(eight.where(eight < 7, 1000))) == 3.5


def test_no_axis_can_be_mistaken(scores):
    others = scores * np.random.default_rng(3).choice([0.8, 1.2], size=scores.shape)
    assert float(interquartile_mean(scores.transpose())) == float(interquartile_mean(scores))
    expected = probability_of_improvement(scores, others)
    assert 0 < expected[0] < 1
    assert probability_of_improvement(scores.transpose(), others.isel(problem=[2, 0, 1], seed=slice(None, None, -1))) == expected
    with pytest.raises(ValueError, match="different problems"):
        probability_of_improvement(scores, others.isel(problem=[0, 1]))
    with pytest.raises(ValueError, match="different seeds"):
        probability_of_improvement(scores, others.isel(seed=slice(0, 5)))


def one_problem(*values):
    return xr.DataArray([values], dims=("problem", "seed"), coords={"problem": ["a 1"], "seed": range(len(values))})


def test_what_is_compared_are_trials_of_one_seed():
    """Hand's (1992) own example: 2, 4, 6 against 3, 5, 1. Two in three of all pairs favour the first, and one in three of the same patient."""
    improvement, low, high = probability_of_improvement(one_problem(2, 4, 6), one_problem(3, 5, 1))
    assert improvement == pytest.approx(1 / 3)
    assert (low, high) == pytest.approx(proportion_confint(1, 3, method="wilson"))


def test_a_small_gain_on_every_seed_is_seen_whatever_the_seeds_do():
    """Seeds that differ far more than the mitigation does: every pair gains."""
    others = one_problem(*np.linspace(0.1, 0.9, 12))
    improvement, low, _ = probability_of_improvement(others + 0.01, others)
    assert improvement == 1 and low == pytest.approx(proportion_confint(12, 12, method="wilson")[0])


def test_a_tie_counts_half_and_agreement_leaves_an_interval():
    assert probability_of_improvement(one_problem(1, 1, 1), one_problem(1, 1, 1)) == pytest.approx((0.5, *proportion_confint(1.5, 3, method="wilson")))
    improvement, low, high = probability_of_improvement(one_problem(1, 1, 1), one_problem(0, 0, 0))
    assert (improvement, high) == (1, 1) and low == pytest.approx(0.4385, abs=1e-4)


@pytest.mark.parametrize(("gains", "seeds"), [([0.7] * 6, 3), ([1, 1, 1, 0.5, 0.5, 0.9], 5), ([0.9] * 6, 5), ([0.7, 0.6], 10)])
def test_the_interval_of_the_improvement_covers_what_it_is_of(gains, seeds):
    """Simulated with scores whose seeds matter to both arms; a bootstrap of the pairs covers 0.85 of the first and 0.89 of the second case."""
    random, repeats = np.random.default_rng(0), 200
    covered = 0
    names = {"problem": [f"a {i}" for i in range(len(gains))], "seed": range(seeds)}
    for _ in range(repeats):
        others = xr.DataArray(random.random((len(gains), seeds)), dims=("problem", "seed"), coords=names)
        signs = np.where(random.random(others.shape) < np.array(gains)[:, None], 0.01, -0.01)
        _, low, high = probability_of_improvement(others + signs, others)
        covered += low <= np.mean(gains) <= high
    assert covered / repeats > 0.9


def test_seeds_are_drawn_within_each_problem(scores):
    drawn = resampled(scores, np.random.default_rng(0), draws=50)
    assert drawn.dims == ("draw", "problem", "seed") and drawn.shape == (50, 3, 8)
    for problem in scores.problem.values:
        assert set(drawn.sel(problem=problem).values.ravel()) == set(scores.sel(problem=problem).values)
    which = resampled(xr.zeros_like(scores) + xr.DataArray(np.arange(8), dims="seed"), np.random.default_rng(0), draws=50)
    assert len({tuple(seeds) for seeds in which.isel(draw=0).transpose("problem", "seed").values}) == 3  # each problem for itself


def test_seeds_that_do_not_differ_leave_the_interval_unknown():
    """Equal scores say nothing of what the next seed would give."""
    equal = xr.DataArray(np.repeat([[0.0], [0.5], [1.0]], 6, axis=1), dims=("problem", "seed"))
    assert np.isnan(bootstrap_interval(interquartile_mean, equal)).all()


@pytest.mark.parametrize(("seeds", "known"), [(1, False), (4, False), (5, True)])
def test_a_handful_of_seeds_is_no_bootstrap(scores, seeds, known):
    assert np.isfinite(bootstrap_interval(interquartile_mean, scores.isel(seed=slice(0, seeds)))).all() == known


def test_a_middle_half_at_its_ceiling_leaves_the_interval_unknown():
    """Fourteen of fifteen at 1, one at 0: no sample of them moves the middle half."""
    ceiling = xr.DataArray(np.ones((3, 5)), dims=("problem", "seed"), coords={"problem": list("abc")})
    ceiling[0, 0] = 0.0
    assert np.isnan(bootstrap_interval(interquartile_mean, ceiling)).all()


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
