"""Read a text as symbols: its characters or words, the frequent ones with a number of their own, all others with the number of the rare ones."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.data_files import read_bytes
from unvanish.tasks.errors import UsageError
from unvanish.tasks.files import reason_unreadable

By = Literal["character", "word"]
ALICE = "alice"  # the name that stands for the text that ships
ALICE_SHA256 = "90a4821b39a4d3430329d3e46e003cae19d69c14a8134593d5a4981d06ecaa12"
MAX_BYTES = 64 << 20
SHARES = (0.85, 0.9)  # of the symbols before the validation and before the test split
WORD = re.compile(r"\w+|[^\w\s]")  # a word, or a sign; spaces and line ends are left out


@dataclass(frozen=True)
class SymbolText:
    """A text as numbers.

    digest      SHA-256 of the file
    vocabulary  the symbols that have a number of their own, the most frequent one of the training part first
    numbers     int32 [position]; `len(vocabulary)` is the number of every other symbol
    bounds      the positions where the validation part and the test part begin
    """

    digest: str
    vocabulary: tuple[str, ...]
    numbers: NDArray[np.int32]
    bounds: tuple[int, int]


@lru_cache(maxsize=4)
def read_symbols(path: Path | None, file_stamp: tuple[int, int], by: By, most: int) -> SymbolText:
    """Return a text, or the one that ships where there is no path, with a vocabulary of at most so many symbols; read once while the file stamp is the same.

    Raises `UsageError` for a file that is no text in UTF-8.
    """
    content = gzip.decompress(read_bytes("alice29.txt.gz", ALICE_SHA256)) if path is None else content_of(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"the text {path} is not in UTF-8 (byte {error.start:,}: {error.reason}); save it as UTF-8") from None
    symbols = list(text) if by == "character" else WORD.findall(text)
    validation, test = (int(share * len(symbols)) for share in SHARES)
    counts = Counter(symbols[:validation])
    vocabulary = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))[:most]
    number = {symbol: index for index, symbol in enumerate(vocabulary)}
    numbers = np.array([number.get(symbol, len(vocabulary)) for symbol in symbols], np.int32)
    return SymbolText(hashlib.sha256(content).hexdigest(), tuple(vocabulary), numbers, (validation, test))


def content_of(path: Path) -> bytes:
    """Return the bytes of a user's file; raise `UsageError` where it cannot be read or is too large."""
    reason = reason_unreadable(path)
    if reason is None:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) <= MAX_BYTES:
                return content
            reason = f"it is larger than {MAX_BYTES >> 20} MiB"
        except OSError as error:
            reason = error.strerror or str(error)
    raise UsageError(f"the text {path} cannot be read ({reason}); give a text file in UTF-8")
