"""Where the time went: parts, compiling told from running, shares of the wall time, and goes added together."""

import pytest

from unvanish.suite.execution.timing import PARTS, TimeBreakdown, metric, table
from unvanish.suite.training.stopwatch import Stopwatch


def test_what_the_first_call_took_longer_is_compiling():
    watch = Stopwatch()
    watch.calls |= {"training": [5.0, 2.0, 2.0, 4.0], "probes": [1.0], "drawing": [3.0, 1.0]}
    assert watch.seconds(frozenset({"training", "probes", "evaluation"})) == {"training": 10.0, "probes": 0.0, "drawing": 4.0, "compiling": 4.0}


def test_shares_are_of_the_wall_time_with_the_workers_side_by_side():
    """By hand: two workers, 90 s and a report of 10 s; 120 s of training on both of them are 60 of the 100 s."""
    spent = {"wall": 90.0, "workers": 2.0, "training": 120.0, "tracking": 5.0, "report": 10.0}
    rows = table({metric(part): seconds for part, seconds in spent.items()})
    assert {row.part: (row.seconds, row.share) for row in rows} == {"training": (120.0, 0.6), "tracking": (5.0, 0.025), "report": (10.0, 0.1)}
    assert [row.part for row in rows if row.overhead] == ["tracking", "report"]


def test_a_benchmark_without_times_has_no_account():
    assert table({}) == []


def test_goes_are_added_together():
    times = TimeBreakdown()
    times.started(2)
    times.add_worker_seconds({"training": 4.0})
    times.add_worker_seconds({"training": 1.0, "compiling": 2.0})
    now = times.metrics({metric("training"): 10.0, metric("wall"): 100.0, metric("workers"): 1.0, "success_rate": 1.0})
    assert now[metric("training")] == 15.0 and now[metric("compiling")] == 2.0 and now[metric("workers")] == 2
    assert now[metric("wall")] > 100
    assert set(now) <= {metric(part) for part in (*PARTS, "wall", "workers")}


def test_an_interrupted_part_is_counted():
    times = TimeBreakdown()
    with pytest.raises(KeyError), times.spent_on("tracking"):
        raise KeyError
    assert times.seconds["tracking"] > 0
