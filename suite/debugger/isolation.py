"""Leave the random states of a process and the names that Keras counts as they are while models are built and trained in it."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from tensorflow.python.eager import context

SEED = 0


@contextmanager
def isolated() -> Iterator[None]:
    """Draw from random states of its own within the block, and bring back those of Python, NumPy, TensorFlow and Keras after it.

    Keras seeds new layers from Python's random state, keeps a generator of its own for random operations without a seed, and counts the names
    that it has given; all three would differ for a user after the block. There is no public access to the latter two. Warnings about the models of
    the block are not shown, since the user did not make them.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - users' code may draw from the global state
    eager = context.context()
    tensorflow = eager._rng.getstate() if eager._rng is not None else None
    level = tf.get_logger().level
    keras_state = dict(vars(global_state.GLOBAL_STATE_TRACKER))
    try:
        vars(global_state.GLOBAL_STATE_TRACKER).update({"global_seed_generator": None, "object_name_uids": copy.copy(keras_state.get("object_name_uids"))})
        random.seed(SEED)
        np.random.seed(SEED)  # noqa: NPY002
        tf.get_logger().setLevel("ERROR")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        tf.get_logger().setLevel(level)
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if tensorflow is not None:
            eager._rng.setstate(tensorflow)
        vars(global_state.GLOBAL_STATE_TRACKER).clear()
        vars(global_state.GLOBAL_STATE_TRACKER).update(keras_state)
