"""Errors against scikit-learn's, and the interval against a closed form."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, mean_absolute_error, root_mean_squared_error

from unvanish.suite.recorded.errors import ACCURACY, BALANCED, MAE, RMSE, block_interval, errors, losses_by_row


def test_errors_are_those_of_scikit_learn_in_the_mean_over_the_seeds():
    random = np.random.default_rng(0)
    actual, predicted = random.integers(3, size=40).astype(float), random.integers(3, size=(2, 40)).astype(float)
    found = errors(actual, predicted, classes=True)
    assert found[ACCURACY] == pytest.approx(np.mean([accuracy_score(actual, seed) for seed in predicted]))
    assert found[BALANCED] == pytest.approx(np.mean([balanced_accuracy_score(actual, seed) for seed in predicted]))
    found = errors(actual, predicted, classes=False)
    assert found[MAE] == pytest.approx(np.mean([mean_absolute_error(actual, seed) for seed in predicted]))
    assert found[RMSE] == pytest.approx(np.mean([root_mean_squared_error(actual, seed) for seed in predicted]))
    assert losses_by_row(actual, predicted, classes=False).mean() == pytest.approx(found[MAE])


def test_the_interval_of_independent_rows_is_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(0.3, 1, 2000)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert block_interval(values, 1) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_blocks_keep_what_neighbouring_rows_share():
    """Each value repeated ten times is no more than a tenth as many values: the interval is wider by the root of ten."""
    values = np.repeat(np.random.default_rng(2).normal(size=1000), 10)
    (low, high), (narrow_low, narrow_high) = block_interval(values, 100), block_interval(values, 1)
    assert (high - low) / (narrow_high - narrow_low) == pytest.approx(np.sqrt(10), rel=0.25)


def test_few_rows_have_an_interval():
    assert block_interval(np.array([0.5]), 14) == (0.5, 0.5)
