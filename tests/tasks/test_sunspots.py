import numpy as np
import pytest
from statsmodels.datasets import sunspots as source

from unvanish.suite.references import REFERENCES, evaluate
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import SPLITS
from unvanish.tasks.sunspots import Sunspots, asked_years, mean_and_scale, numbers

TASK = Sunspots(0)
SERIES = source.load_pandas().data.astype({"YEAR": int}).set_index("YEAR").SUNACTIVITY


def whole(split):
    return TASK.with_blanks(split, np.arange(TASK.split_size(split)))


def test_numbers_are_those_of_statsmodels_and_each_year_follows_the_ones_before():
    assert np.array_equal(numbers(), SERIES.to_numpy())
    mean, scale = mean_and_scale()
    assert (mean, scale) == pytest.approx((SERIES.loc[:1880].mean(), SERIES.loc[:1880].std(ddof=0)))
    for split in SPLITS:
        drawn = whole(split)
        for year, inputs, target in zip(asked_years(split), drawn.inputs, drawn.targets, strict=True):
            expected = SERIES.loc[year - 22 : year].to_numpy()
            assert np.allclose(np.append(inputs, target) * scale + mean, expected, atol=1e-3)
    assert asked_years("test")[[0, -1]].tolist() == [1921, 2008]


@pytest.mark.parametrize(("name", "years"), [("persistence", 1), ("a season ago", 11)])
def test_persistence_and_a_season_ago_are_as_wrong_as_the_series_says(name, years):
    errors = SERIES.loc[1921:].to_numpy() - SERIES.shift(years).loc[1921:].to_numpy()
    result = evaluate(REFERENCES[name], TASK, whole("test"))
    assert result.loss == pytest.approx(np.mean(errors**2) / mean_and_scale()[1] ** 2, rel=1e-5)
    assert result.metric == pytest.approx(np.mean(np.abs(errors) < 15), abs=0.02)


def test_what_is_solved_is_better_than_both_and_than_regression():
    assert TASK.facts.reference not in ("persistence", "a season ago") and TASK.solved_at_metric > TASK.facts.reference_metric
    with pytest.raises(UsageError, match="steps of sunspots is 5; it must be between 11 and 40"):
        Sunspots(0, steps=5)
