import numpy as np

from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.seeding import generator


def test_the_target_is_the_first_symbol_and_nothing_later_tells_it():
    task = FirstSymbol(lag=9)
    drawn = task.draw(generator("training"), 5000)
    classes = drawn.inputs.argmax(-1)
    assert np.array_equal(drawn.targets[:, 0], classes[:, 0])
    assert (classes[:, 0] < 8).all() and (classes[:, 1:] >= 8).all()
    joint = np.histogram2d(classes[:, 0], classes[:, -1], bins=[8, 4])[0] / 5000
    assert np.abs(joint - 1 / 32).max() < 5 * np.sqrt(1 / 32 / 5000)
    assert task.length - 1 - task.information_distance == 0
