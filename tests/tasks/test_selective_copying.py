import numpy as np

from unvanish.tasks.seeding import generator
from unvanish.tasks.selective_copying import SelectiveCopying


def test_the_symbols_are_wanted_in_order_without_the_blanks_between_them():
    task = SelectiveCopying(4, copied=3, symbols=5, blanks=9)
    drawn = task.draw(generator("training"), 500)
    classes = drawn.inputs.argmax(-1)
    assert task.length == 9 + 3 + 3 + 3 and (classes[:, -3:] == 6).all() and (classes[:, :-3] < 6).all()
    for given, wanted in zip(classes[:, :-3], drawn.targets, strict=True):
        assert given[given < 5].tolist() == wanted.tolist()


def test_every_place_is_as_probable():
    task = SelectiveCopying(1, copied=3, blanks=9)
    places = task.draw(generator("training"), 8000).inputs[:, :12].argmax(-1) < 8
    share = 3 / 12
    assert np.abs(places.mean(axis=0) - share).max() < 5 * np.sqrt(share * (1 - share) / 8000)
    assert len(np.unique(places, axis=0)) == 220  # 12 choose 3


def test_the_last_symbol_arrives_at_most_as_far_back_as_said():
    task = SelectiveCopying(5, copied=2, blanks=4)
    places = task.draw(generator("training"), 2000).inputs[:, :-2].argmax(-1) < 8
    last = task.length - 3 - places[:, ::-1].argmax(axis=1)
    assert task.length - 1 - last.max() == task.information_distance == 6
