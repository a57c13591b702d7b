"""A page of many conditions shows a part of them, says so, and says of the whole what it says of the whole."""

import pandas as pd
import pytest

from tests.support.tables import benchmark, dataset
from unvanish.reports import excerpt as module
from unvanish.reports.excerpt import excerpt
from unvanish.reports.pages.benchmark import contents, head, left_out, render

CURES = ("relu", "rmsprop", "adam")
SOLVED = {"relu": 0, "rmsprop": 2, "adam": 1}  # of the trials at the longest lags
LAGS = {"adding": (5, 10, 25), "first_symbol": (10, 50)}


def cells():
    """Two tasks at five lags; at the longest of each a cure solves so many of its two trials."""
    words = {}
    for task, lags in LAGS.items():
        for lag in lags:
            for mitigation in ("none", *CURES, "frozen"):
                solved = SOLVED.get(mitigation, 0) if lag == lags[-1] else 2
                words[task, lag, "rnn", mitigation] = ["solved"] * solved + ["vanished"] * (2 - solved)
    return words


@pytest.fixture
def data():
    return dataset(*benchmark(cells()))


def shown(data, most, monkeypatch):
    monkeypatch.setattr(module, "MAX_CONDITIONS", most)
    return excerpt(data)


def problems(part):
    return list(part.conditions[["task", "lag"]].drop_duplicates().itertuples(index=False, name=None))


def test_all_is_shown_where_there_is_room(data, monkeypatch):
    every = shown(data, 25, monkeypatch)
    assert every.n_left_out == 0
    pd.testing.assert_frame_equal(every.conditions, data.conditions)
    pd.testing.assert_frame_equal(every.trials, data.trials)


def test_the_longest_lags_of_each_task_are_shown_in_turn(data, monkeypatch):
    assert problems(shown(data, 24, monkeypatch)) == [("adding", 10), ("adding", 25), ("first_symbol", 10), ("first_symbol", 50)]
    part = shown(data, 15, monkeypatch)
    assert problems(part) == [("adding", 10), ("adding", 25), ("first_symbol", 50)] and part.n_left_out == 10
    assert set(part.trials[["task", "lag"]].itertuples(index=False, name=None)) == set(problems(part))


def test_of_too_many_mitigations_the_best_at_the_longest_lags_are_shown_beside_none_and_controls(data, monkeypatch):
    part = shown(data, 8, monkeypatch)
    assert problems(part) == [("adding", 25), ("first_symbol", 50)]
    assert list(dict.fromkeys(part.conditions.mitigation)) == ["none", "rmsprop", "adam", "frozen"]
    assert list(part.horizons.mitigation.unique()) == list(part.longest_lags.mitigation) == ["none", "rmsprop", "adam", "frozen"]


def test_figures_of_the_whole_are_of_the_whole(data, monkeypatch):
    part = shown(data, 8, monkeypatch)
    key = ["task", "model", "mitigation"]
    horizons = data.horizons.merge(part.horizons[key], on=key)
    pd.testing.assert_frame_equal(part.horizons, horizons, check_like=True)
    assert part.claims is data.claims and part.truncation_vs_frozen is data.truncation_vs_frozen
    overall = data.overall.merge(part.overall[key[1:]], on=key[1:])
    pd.testing.assert_frame_equal(part.overall, overall)


def test_the_page_says_what_it_leaves_out_and_where_it_is(data, monkeypatch):
    monkeypatch.setattr(module, "MAX_CONDITIONS", 8)
    page = render(contents(data), {})
    assert "show 8 of 25 conditions" in page and "(adding 25; first symbol 50)" in page and "with 4 mitigations" in page and "conditions.csv" in page
    assert 'id="adding.25.rnn.adam"' in page and 'id="adding.25.rnn.relu"' not in page and 'id="adding.10.rnn.adam"' not in page
    assert "<span>50 evaluation trials" not in page and f"{len(data.trials)} trials" in page
    sentence = "since a page of all would be too large"
    every = shown(data, 25, monkeypatch)
    assert sentence in page and sentence not in render({"head": head(every.whole) | left_out(every), "sections": []}, {})
