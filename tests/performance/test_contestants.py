"""Every contestant that is installed does its work, and the limit is what the shapes say; no test depends on how long it takes."""

import importlib.util

import pytest

from tests.performance.limit import Rates, seconds_per_trial_step
from tests.performance.peers import CONTESTANTS, run
from tests.performance.workload import Workload


@pytest.mark.slow
@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda contestant: contestant.name)
def test_a_contestant_takes_its_turn(contestant):
    if importlib.util.find_spec(contestant.needs) is None:
        pytest.skip(f"{contestant.needs} is not installed")
    timing = run(contestant, Workload("rnn", 30, 32, 32, trials=3, steps=20), [0])
    assert timing.startup > 0 and timing.compiling > 0 and timing.training > 0


def test_the_limit_counts_every_product_and_transcendental_once():
    """By hand, of an rnn with 5 hidden units, 3 steps and a batch of 2: x W and h U forward, both again for the weights, h U for h."""
    workload = Workload("rnn", length=3, hidden=5, batch=2, trials=1, steps=1)
    multiply_adds = 3 * 2 * (2 * (2 * 5 + 5 * 5) + 5 * 5)
    assert seconds_per_trial_step(workload, Rates(flops=1.0, transcendentals=float("inf"))) == 2 * multiply_adds
    assert seconds_per_trial_step(workload, Rates(flops=float("inf"), transcendentals=1.0)) == 3 * 2 * 5
