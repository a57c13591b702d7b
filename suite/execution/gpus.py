"""The GPU that a worker process uses: one, where there are several, of which it takes only as much memory as it needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from types import ModuleType

NUMBER = "UNVANISH_WORKER_NUMBER"  # environment variable that counts the worker processes of a machine from 0 on

T = TypeVar("T")


def gpu_of_worker(gpus: Sequence[T], number: int) -> T | None:
    """Return one of the GPUs that a process sees, for the worker with this number; None where it sees none.

    Workers get one each, in turn; where there are more workers than GPUs, some share one.
    """
    return gpus[number % len(gpus)] if gpus else None


def use_one_gpu(tensorflow: ModuleType | Any) -> None:
    """Let this process use one GPU alone, and its memory as it is needed, so that workers can share it; to be called before TensorFlow uses any.

    The GPU is that of the number in `NUMBER`; a process that has none takes the first that it sees.
    """
    gpu = gpu_of_worker(tensorflow.config.list_physical_devices("GPU"), int(os.environ.get(NUMBER, 0)))
    if gpu is not None:
        tensorflow.config.set_visible_devices(gpu, "GPU")
        tensorflow.config.experimental.set_memory_growth(gpu, True)
