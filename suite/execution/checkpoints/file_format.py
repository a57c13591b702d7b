"""The bytes of a checkpoint: its digest, a header in JSON and its arrays. They are checked as a whole before anything is read, and nothing in them is run."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = "biufc"  # of arrays that can be stored: NumPy writes others as objects, which are pickled, or without their type

Arrays = Mapping[str, NDArray[Any]]


class DamagedCheckpoint(Exception):
    """The bytes of a checkpoint are not those that were written, or do not fit what they are said to be of."""


def to_bytes(header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Return a header, which JSON can hold, and arrays by name as bytes: a line with the digest of what follows, a line with the header, an NPZ file.

    Raises `TypeError` for arrays that cannot be stored without pickling them.
    """
    for name, array in arrays.items():
        if array.dtype.kind not in KINDS:
            raise TypeError(f"the array {name} has the type {array.dtype}")
    content = io.BytesIO()
    content.write(json.dumps({**header, "arrays": list(arrays)}).encode() + b"\n")
    archive = io.BytesIO()
    np.savez(archive, *arrays.values(), allow_pickle=False)  # by number, since a name may hold what a name in an archive must not
    content.write(archive.getbuffer())
    return hashlib.sha256(content.getbuffer()).hexdigest().encode() + b"\n" + content.getbuffer()


def check(content: bytes) -> None:
    """Raise `DamagedCheckpoint` where the digest is not that of what follows it."""
    digest, _, rest = content[:65].partition(b"\n")
    if rest or len(digest) != 64 or hashlib.sha256(memoryview(content)[65:]).hexdigest().encode() != digest:
        raise DamagedCheckpoint("its content is not what was written")


def header_of(content: bytes) -> dict[str, Any]:
    """Return the header of a checkpoint; raises `DamagedCheckpoint` where anything in it is damaged."""
    check(content)
    try:
        header: dict[str, Any] = json.loads(content[65 : content.index(b"\n", 65)])
    except ValueError as error:
        raise DamagedCheckpoint("it has no header") from error
    return header


def from_bytes(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays by name; raises `DamagedCheckpoint`."""
    header = header_of(content)
    try:
        with np.load(io.BytesIO(content[content.index(b"\n", 65) + 1 :]), allow_pickle=False) as archive:
            return header, {name: archive[f"arr_{index}"] for index, name in enumerate(header["arrays"])}
    except (ValueError, KeyError, TypeError, OSError) as error:  # written by other code than this
        raise DamagedCheckpoint(f"it cannot be read ({type(error).__name__})") from error
