import numpy as np
import pytest

from unvanish.tasks.associative_recall import AssociativeRecall
from unvanish.tasks.errors import UsageError
from unvanish.tasks.seeding import generator


def test_every_key_comes_again_after_the_lag_and_its_value_is_asked_for():
    task = AssociativeRecall(6, pairs=3, keys=5, values=7)
    drawn = task.draw(generator("training"), 300)
    classes = drawn.inputs.argmax(-1)
    assert task.length == 3 * 3 + 5 and (classes[:, 6:11] == 12).all()
    for given, wanted in zip(classes, drawn.targets, strict=True):
        table = dict(zip(given[0:6:2], given[1:6:2] - 5, strict=True))
        assert len(table) == len(set(table.values())) == 3 and set(table) <= set(range(5))
        assert [table[key] for key in given[-3:]] == wanted.tolist()
    assert task.loss_steps[0] - 5 == task.lag and task.length - 1 - 5 == task.information_distance  # from the last value, at step 5


def test_chance_is_one_of_the_values_and_one_of_the_pairs_for_who_remembers_them_without_their_keys():
    """Each value is as frequent at each question, and so is each place of the list."""
    task = AssociativeRecall(2, pairs=4, keys=8, values=8)
    drawn = task.draw(generator("test"), 8000)
    shares = np.stack([np.bincount(step, minlength=8) for step in drawn.targets.T]) / 8000
    assert np.abs(shares - task.baseline_metric).max() < 5 * np.sqrt(1 / 8 / 8000)
    values = drawn.inputs[:, 1:8:2].argmax(-1) - 8
    places = (values[:, None] == drawn.targets[:, :, None]).mean(axis=0)
    assert np.abs(places - 1 / 4).max() < 5 * np.sqrt(1 / 4 / 8000)
    assert task.baseline_loss == pytest.approx(-np.log(1 / 8))


def test_more_pairs_than_keys_are_refused():
    with pytest.raises(UsageError, match="pairs of associative_recall is 5; it must be between 1 and 4"):
        AssociativeRecall(2, pairs=5, keys=4)
