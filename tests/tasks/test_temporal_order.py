import numpy as np
import pytest

from unvanish.tasks.seeding import generator
from unvanish.tasks.temporal_order import TemporalOrder


@pytest.mark.parametrize("lag", [10, 37, 100])
def test_the_symbols_lie_in_their_windows_and_their_order_is_the_target(lag):
    task = TemporalOrder(lag)
    drawn = task.draw(generator("training"), 3000)
    for sequence, target in zip(drawn.inputs, drawn.targets[:, 0], strict=True):
        word = "".join("ABcdef"[i] for i in sequence.argmax(-1))
        steps = [i for i, letter in enumerate(word) if letter in "AB"]
        assert len(steps) == 2
        assert 0.1 * lag <= steps[0] < 0.2 * lag and 0.5 * lag <= steps[1] < 0.6 * lag
        assert word[steps[0]] + word[steps[1]] == ["AA", "AB", "BA", "BB"][target]
    latest_first = max(np.flatnonzero(sequence.argmax(-1) < 2)[0] for sequence in drawn.inputs)
    assert latest_first == task.length - 1 - task.information_distance


def test_at_length_100_the_windows_are_those_of_the_paper():
    """Hochreiter & Schmidhuber (1997), experiment 6a: t1 between 10 and 20, t2 between 50 and 60."""
    assert TemporalOrder(100).window(0.1) == (10, 20)
    assert TemporalOrder(100).window(0.5) == (50, 60)
