"""Read the columns of a CSV or parquet file; every error of the file is one `UsageError`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown, unknown_name
from unvanish.tasks.files import reason_unreadable

MAX_CELLS = 20_000_000  # a million rows of twenty columns
EMPTY = ["", "NA", "N/A", "NaN", "nan", "null", "None"]
MAX_HEADER = 1 << 20  # bytes of the first line
MAX_COLUMNS = 10_000  # of a file, of which few are read
BLOCK = 8 << 20  # bytes of a CSV file that are read at once


@dataclass(frozen=True, eq=False)
class RawColumn:
    """A column as text.

    codes       int32, one a row: the place of its word in `dictionary`; -1 where the cell is empty
    dictionary  an Arrow array of every different cell once, in the order of their first appearance
    """

    name: str
    codes: NDArray[np.int32]
    dictionary: Any

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The content of `dictionary`."""
        return tuple(self.dictionary.to_pylist())

    @property
    def numbers(self) -> NDArray[np.float32] | None:
        """The cells as numbers, NaN where empty; None where a word is no finite number."""
        import pyarrow as pa

        try:
            values = self.dictionary.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            return None
        return np.append(values, np.nan)[self.codes].astype(np.float32) if np.isfinite(values).all() else None

    @property
    def no_number(self) -> str | None:
        """A word that is no finite number."""
        return next((word for word in self.words if not is_number(word)), None)

    def row_of(self, word: str | None) -> int:
        """The number of the first row that has a word, or an empty cell for None; there must be one."""
        return int(np.flatnonzero(self.codes == (-1 if word is None else self.words.index(word)))[0])


def is_number(word: str) -> bool:
    """Return whether a word is a finite number."""
    import pyarrow as pa

    try:
        return isfinite(pa.scalar(word).cast(pa.float64()).as_py())
    except pa.ArrowInvalid:
        return False


def digest(path: Path) -> str:
    """SHA-256 of a file; raises `UsageError` where it cannot be read."""
    check_readable(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise cannot_be_read(path, error.strerror) from None


def check_readable(path: Path) -> None:
    """Raise `UsageError` for what is not a file, such as a folder, and for a pipe or a device, which may never end."""
    if reason := reason_unreadable(path):
        raise cannot_be_read(path, reason)


def cannot_be_read(path: Path, reason: object) -> UsageError:
    """Return the error of a table that cannot be read."""
    return UsageError(f"the table {path} cannot be read ({reason}); give the path of a CSV or parquet file")


def row_location(path: Path, row: int) -> str:
    """Return the location of a row, counted from 0, in a file as a reader counts: its line in a CSV file."""
    return f"row {row + 1}" if path.suffix == ".parquet" else f"line {row + 2}"


def read_columns(path: Path, names: Sequence[str]) -> dict[str, RawColumn]:
    """Read the columns with these names; raise `UsageError` for a file without one of them, or of another format."""
    import pyarrow as pa

    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"the table {path} ends in {path.suffix or 'nothing'}; give a file that ends in .csv or .parquet")
    check_readable(path)
    try:
        header = header_of(path)
        for name in names:
            if name not in header:
                raise UsageError(f"in the table {path}, {unknown_name('column', name, header)}")
            if header.count(name) > 1:
                raise UsageError(f"the table {path} has {header.count(name)} columns called {shown(name)}; give each a name of its own")
        batches = check_size(path, len(names), csv_batches(path, names) if path.suffix == ".csv" else parquet_batches(path, names))
    except OSError as error:
        raise cannot_be_read(path, error.strerror or error) from None
    except pa.ArrowException as error:
        raise UsageError(f"the table {path} cannot be read: {describe_arrow_error(path, error)}") from None
    if not batches:
        raise UsageError(f"the table {path} has no rows; give one with a row a step")
    together = pa.Table.from_batches(batches).unify_dictionaries()
    return {name: raw_column(name, together[name].combine_chunks()) for name in names}


def header_of(path: Path) -> list[str]:
    """The names of all columns; raises `UsageError` for text that is not UTF-8."""
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    with path.open("rb") as file:
        first = file.readline(MAX_HEADER)
    if len(first) == MAX_HEADER:
        raise UsageError(f"the first line of the table {path} is longer than {MAX_HEADER >> 20} MiB; give a CSV file whose first line names its columns")
    try:
        first.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"the table {path} is not UTF-8 text (line 1); save it as CSV in UTF-8") from None
    if (commas := first.count(b",")) >= MAX_COLUMNS:
        raise UsageError(f"the table {path} has {commas + 1:,} columns; the most are {MAX_COLUMNS:,}, so leave out those that are not used")
    if not first.strip():
        raise UsageError(f"the table {path} has no line with the names of its columns; write one above its rows")
    return list(pyarrow.csv.open_csv(pyarrow.BufferReader(first.rstrip(b"\r\n") + b"\n")).schema.names)


def csv_batches(path: Path, names: Sequence[str]) -> Iterator[Any]:
    """Read a CSV file block by block, these columns alone, dictionary-encoded."""
    import pyarrow as pa
    from pyarrow import csv

    convert = csv.ConvertOptions(
        include_columns=list(names),
        column_types={name: pa.dictionary(pa.int32(), pa.string()) for name in names},
        strings_can_be_null=True,
        null_values=EMPTY,
    )
    yield from csv.open_csv(path, read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK), convert_options=convert)


def parquet_batches(path: Path, names: Sequence[str]) -> Iterator[Any]:
    """Read a parquet file block by block, these columns alone, as dictionary-encoded text."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import parquet

    for batch in parquet.ParquetFile(path).iter_batches(columns=list(names)):
        texts = [pc.cast(column if not pa.types.is_dictionary(column.type) else column.dictionary_decode(), pa.string()) for column in batch.columns]
        empty = pa.array(EMPTY, pa.string())
        yield pa.record_batch([pc.if_else(pc.is_in(text, empty), None, text).dictionary_encode() for text in texts], names=batch.schema.names)


def check_size(path: Path, columns: int, batches: Iterator[Any]) -> list[Any]:
    """Read all blocks; raise `UsageError` as soon as they have too many cells."""
    batches_read, rows = [], 0
    for batch in batches:
        rows += len(batch)
        if rows * columns > MAX_CELLS:
            raise UsageError(
                f"the table {path} has more than {MAX_CELLS // columns:,} rows, which is the most for {columns} columns; use fewer columns or a part of it"
            )
        batches_read.append(batch)
    return batches_read


def raw_column(name: str, column: Any) -> RawColumn:
    """Return a column that is read as a dictionary, as codes [row] and words; -1 for an empty cell."""
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return RawColumn(name, codes, column.dictionary)


def describe_arrow_error(path: Path, error: Exception) -> str:
    """Return a sentence for an error of Arrow's, with the line and what to do."""
    text = str(error).strip().rstrip(".")
    row = text.partition("Row #")[2].partition(":")[0]
    line = f"line {row}" if row else "it"
    if "Expected" in text and "columns" in text:
        expected = text.partition("Expected ")[2].partition(":")[0]
        return f"{line} has another number of cells than line 1 (expected {expected}); mend that line"
    if "UTF8" in text:
        return f"{line} is not UTF-8 text; save it as CSV in UTF-8"
    return f"{text[:200]}; give a CSV or parquet file"
