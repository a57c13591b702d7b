"""Read the data files that ship in the folder `data`, whose sources, licences and checksums are in its README.md."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError

FOLDER = Path(__file__).parent / "data"


def read_bytes(name: str, sha256: str) -> bytes:
    """Return the content of a data file; raise `UsageError` where it is missing or is not the one that the checksum is of."""
    try:
        content = (FOLDER / name).read_bytes()
    except OSError as error:
        raise UsageError(f"the data {FOLDER / name} cannot be read ({error.strerror}); install unvanish again") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(f"the data {FOLDER / name} are not those that ship with unvanish; install it again")
    return content


def read_arrays(name: str, sha256: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz file by name; raise `UsageError` as `read_bytes` does."""
    with np.load(io.BytesIO(read_bytes(name, sha256)), allow_pickle=False) as arrays:
        return dict(arrays)
