"""The vector of a trial's weights holds each of them once, and gives them back as they were."""

import numpy as np
import pytest
import tensorflow as tf

from unvanish.suite.models import MODELS, Sizes
from unvanish.suite.training.packing import Packing

SIZES = Sizes(input=3, hidden=4, output=2, length=7)


@pytest.mark.parametrize("name", MODELS.names)
def test_weights_come_back_as_they_were_and_in_the_row_of_their_trial(name):
    trials = [MODELS[name].initial_weights(SIZES, seed) for seed in (1, 2)]
    weights = {key: np.stack([trial[key] for trial in trials]) for key in trials[0]}
    packing = Packing.for_weights(trials[0])
    packed = packing.pack({key: tf.constant(weight) for key, weight in weights.items()})
    assert packed.shape == (2, sum(weight[0].size for weight in weights.values()))
    back = packing.unpack(packed)
    assert back.keys() == weights.keys()
    assert all(np.array_equal(back[key], weight) for key, weight in weights.items())
