"""Streams of random numbers: every draw is a function of a purpose, a seed and a block, and of nothing else.

So two conditions with one seed see the same sequences, a run can be continued anywhere, and validation, test and probe
sets come from streams that no training seed can reach.
"""

import zlib
from typing import Literal

import numpy as np

Purpose = Literal["training", "validation", "test", "probe", "weights", "example", "reference"]


def generator(purpose: Purpose, seed: int = 0, *block: int) -> np.random.Generator:
    """Random numbers of their own for each (purpose, seed, block); independent streams by `numpy.random.SeedSequence`."""
    key = (zlib.crc32(purpose.encode()), *block)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=key)))
