import numpy as np
import pytest

from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.seeding import generator


def test_the_symbols_come_first_and_are_wanted_last():
    task = CopyMemory(lag=7)
    drawn = task.draw(generator("training"), 40)
    classes = drawn.inputs.argmax(-1)
    assert (classes[:, :10] < 8).all()
    assert np.array_equal(drawn.targets[:, -10:], classes[:, :10])
    assert (drawn.targets[:, :-10] == 8).all()
    blanks, markers = classes == 8, classes == 9
    assert np.array_equal(np.flatnonzero(markers[0]), [16])  # 10 symbols, lag - 1 blanks, marker
    assert blanks[:, 10:16].all() and blanks[:, 17:].all() and task.length == 27


def test_the_baseline_at_lag_100_is_the_published_one():
    """Arjovsky et al. (2016), section 5.1: 10 ln 8 / (T + 20)."""
    assert CopyMemory(100).baseline_loss == pytest.approx(0.1733, abs=5e-5)


def test_saying_blank_everywhere_is_scored_as_knowing_nothing():
    task = CopyMemory(lag=50)
    targets = task.draw(generator("test"), 100).targets
    whole_sequence_accuracy = (targets == 8).mean()
    assert whole_sequence_accuracy > 0.8
    assert task.score(1.0, (targets[:, -len(task.scored_steps) :] == 8).mean()) == 0
