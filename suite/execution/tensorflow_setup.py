"""TensorFlow as every process of this project uses it, so that all compute the same numbers."""

from __future__ import annotations

import os

from unvanish.suite.experiment.versions import xla_flags
from unvanish.suite.silence_stderr import silence_stderr


def prepare_tensorflow() -> None:
    """Load TensorFlow with one thread, so that results do not depend on the machine's cores, with the suite's compiler settings, and silently."""
    os.environ["XLA_FLAGS"] = xla_flags()
    with silence_stderr():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.list_logical_devices()
