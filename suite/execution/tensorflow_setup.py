"""TensorFlow as every process of this project uses it, so that all compute the same numbers."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache

from unvanish.suite.execution.compile_cache import FLAG, compile_cache
from unvanish.suite.execution.gpus import use_one_gpu
from unvanish.suite.experiment.versions import xla_flags
from unvanish.suite.silence_stderr import silence_stderr


@cache
def prepare_tensorflow() -> None:
    """Load TensorFlow with one thread, so that results do not depend on the machine's cores, with the suite's compiler settings and its
    cache of compiled programs, on one GPU where there is any, and silently.

    Python's dicts and sets decide the order of some of a program's parts, so a program is found in the cache where PYTHONHASHSEED is the same number,
    as it is in all workers.
    """
    os.environ["XLA_FLAGS"] = xla_flags()
    used = ExitStack()
    atexit.register(used.close)
    folder = used.enter_context(compile_cache())
    given = os.environ.get("TF_XLA_FLAGS", "")
    if folder:
        os.environ["TF_XLA_FLAGS"] = f'{given} {FLAG}="{folder}"'.lstrip()
    with silence_stderr():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        use_one_gpu(tf)
        tf.config.list_logical_devices()
    if folder:  # TensorFlow has read the flag; a process that this one starts checks a cache of its own
        os.environ["TF_XLA_FLAGS"] = given
