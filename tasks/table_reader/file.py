"""Read the columns of a table in a file, by pandas; every error of the file is one `UsageError`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown, unknown_name
from unvanish.tasks.files import reason_unreadable
from unvanish.tasks.table_reader.column import RawColumn, decimal_of, raw_column
from unvanish.tasks.table_reader.settings import UNSAID, Reading
from unvanish.tasks.table_reader.text import HEAD, MAX_CELLS, Layout, layout, open_text
from unvanish.tasks.table_reader.time import looks_like_clock, looks_like_dates

FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat", ".data"), "text"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}
SIGNATURES = {
    b"PK\x03\x04": ("xlsx", "an Excel workbook or a zip archive"),
    b"PAR1": ("parquet", "a parquet file"),
    b"\xd0\xcf\x11\xe0": ("xls", "an old Excel file"),
}
MAX_LOOKED_AT = 500  # columns of a file, of which those that are not used are looked at for dates
MAX_DATES = 5  # of these
TIME_NAME = re.compile(r"(.*[\W_])?(year|date|datetime|time|timestamp|epoch|period)", re.IGNORECASE)
KINDS = ".csv, .tsv, .txt, .jsonl, .xlsx or .parquet, or the first four compressed (.gz)"


@dataclass(frozen=True, eq=False)
class TableFile:
    """The columns of a table that were read.

    columns  those that were asked for, and others that look like dates
    names    of all columns of the file
    lines    of each row, where it is in the file
    row      what such a place is called: a line, or a row
    notes    how the file was read
    dropped  rows that were left out, and why
    dates    columns that look like dates
    counters columns of numbers whose name says that they are a time, as year
    """

    path: Path
    columns: Mapping[str, RawColumn]
    names: tuple[str, ...]
    lines: NDArray[np.int32]
    row: str
    notes: tuple[str, ...]
    dropped: tuple[str, ...]
    dates: tuple[str, ...]
    counters: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Cells:
    """What a format tells of a table before its columns are made: see `TableFile`."""

    names: tuple[str, ...]
    head: tuple[tuple[str, ...], ...]
    lines: NDArray[np.int32]
    filled: NDArray[np.bool_]
    row: str
    notes: tuple[str, ...]
    columns: Mapping[str, Any]  # pandas Series of text, or a function of the names that are read


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


def format_of(path: Path) -> str:
    """Return the format of a file by the end of its name, in upper case too; raise `UsageError` for another, and for one that its content is not of."""
    ends = [suffix.lower() for suffix in path.suffixes]
    compressed = ends[-1:] == [".gz"]
    suffix = (ends[-2:-1] if compressed else ends[-1:]) or [""]
    found = FORMATS.get(suffix[0])
    if found is None or (compressed and found not in ("text", "jsonl")):
        hint = "; save it as .xlsx" if suffix[0] == ".xls" else ""
        raise UsageError(f"the table {path} ends in {''.join(ends[-2:] if compressed else ends[-1:]) or 'nothing'}{hint}; give a file that ends in {KINDS}")
    check_readable(path)
    with path.open("rb") as file:
        start = file.read(4)
    for signature, (real, what) in SIGNATURES.items():
        if start == signature and real != found:
            raise UsageError(f"the table {path} is {what}, whatever its name ends in; rename it, or save it as CSV in UTF-8")
    return found


def read_table(path: Path, wanted: Sequence[str], reading: Reading = UNSAID) -> TableFile:
    """Read the columns with these names; raise `UsageError` for a file without one of them, or that cannot be read."""
    try:
        found = format_of(path)
        cells = READERS[found](path, wanted, reading)
    except OSError as error:
        raise cannot_be_read(path, error.strerror or error) from None
    except EOFError:
        raise cannot_be_read(path, "the compressed file ends too early") from None
    if not len(cells.lines):
        raise UsageError(f"the table {path} has no rows; give one with a row a step")
    raw = {name: raw_column(name, cells.columns[name], reading.missing) for name in cells.columns}
    if not cells.filled.all():
        raw = {name: column.rows(np.flatnonzero(cells.filled)) for name, column in raw.items()}
    decimal = reading.decimal or decimal_of(path, [column for name, column in raw.items() if name in wanted and name not in reading.time])
    raw = {name: column.with_decimal(decimal) for name, column in raw.items()}
    lines = cells.lines[cells.filled]
    if not len(lines):
        raise UsageError(f"the table {path} has no rows; give one with a row a step")
    notes = (*cells.notes, f"decimal sign {shown(decimal)}") if decimal == "," else cells.notes
    dropped = [f"{np.sum(~cells.filled)} without any cell"] if not cells.filled.all() else []
    dates = tuple(name for name in raw if is_date(cells, name))
    counters = tuple(name for name in raw if name not in dates and TIME_NAME.fullmatch(name))
    return TableFile(path, raw, cells.names, lines, cells.row, notes, tuple(dropped), dates, counters)


def chosen_columns(path: Path, names: Sequence[str], head: Sequence[Sequence[str]], wanted: Sequence[str]) -> list[int]:
    """The numbers of the columns to read: those that are wanted, and those that look like dates."""
    for name in wanted:
        if name not in names:
            unnamed = (
                f" (its first line, {shown(', '.join(names[:5]))}, is taken for the names of its columns)"
                if any(has_digit(name) for name in names[:50])
                else ""
            )
            raise UsageError(f"in the table {path}, {unknown_name('column', name, names)}{unnamed}")
        if list(names).count(name) > 1:
            raise UsageError(f"the table {path} has {list(names).count(name)} columns called {shown(name)}; give each a name of its own")
    once = [i for i, name in enumerate(names) if list(names).count(name) == 1] if len(names) <= MAX_LOOKED_AT else []
    dates = [i for i in once if looks_like_dates([row[i] for row in head])][:MAX_DATES]
    clocks = [i for i in once if looks_like_clock([row[i] for row in head])][:MAX_DATES] if dates else []
    counters = [i for i in once if TIME_NAME.fullmatch(names[i]) and i not in dates][:MAX_DATES]
    return sorted({*(list(names).index(name) for name in wanted), *dates, *clocks, *counters})


def is_date(cells: Cells, name: str) -> bool:
    """Return whether the first cells of a column look like dates."""
    place = cells.names.index(name)
    return looks_like_dates([row[place] for row in cells.head])


def has_digit(name: str) -> bool:
    """Return whether a name looks like data instead: it begins with a digit."""
    return name[:1].isdigit()


def text_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Cells:
    """Read a text file; its lines are counted by themselves, since pandas tells no line numbers and fills short rows up."""
    found: Layout = layout(path, wanted, reading.separator)
    chosen = chosen_columns(path, found.names, found.head, wanted)
    try:
        with open_text(path, found.encoding) as text:
            for _ in range(found.above):
                text.readline()
            frame = pd.read_csv(
                text,
                sep=r"\s+" if found.separator == " " else found.separator,
                header=0 if found.header else None,
                names=list(range(len(found.names))),
                usecols=chosen,
                index_col=False,
                dtype=str,
                na_filter=False,
                skipinitialspace=True,
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise UsageError(f"the table {path} cannot be read: {str(error)[:200].strip()}; look for a quote that is not closed") from None
    if len(frame) != len(found.lines):
        raise UsageError(
            f"the table {path} cannot be read: it has quotes or control characters within cells, so its rows are not certain; save it as CSV again"
        )
    columns = {found.names[place]: frame[place] for place in chosen}
    return Cells(found.names, found.head, found.lines, found.filled, "line", found.notes, columns)


def jsonl_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Cells:
    """Read a file with a JSON object a line."""
    check_small(path)
    try:
        frame = pd.read_json(path, lines=True, dtype=False, convert_dates=False, convert_axes=False, precise_float=True, compression="infer")
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"the table {path} cannot be read: {str(error)[:200]}; give a JSON object a line") from None
    return frame_cells(path, frame, wanted, 1, "row", ("a JSON object a line",))


def xlsx_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Cells:
    """Read the first sheet of an Excel workbook."""
    try:
        with pd.ExcelFile(path) as book:
            sheets = [str(name) for name in book.sheet_names]
            frame = book.parse(0, header=None, dtype=object, keep_default_na=False, na_filter=False)
    except ImportError:
        raise UsageError(f"the table {path} is an Excel workbook, which needs openpyxl; type pip install openpyxl, or save it as CSV in UTF-8") from None
    except Exception as error:  # whatever a damaged archive makes openpyxl raise
        raise UsageError(f"the table {path} cannot be read: {str(error)[:200]}; save it as CSV in UTF-8") from None
    if not len(frame):
        raise UsageError(f"the table {path} has no line with the names of its columns; write one above its rows")
    frame.columns = pd.Index([" ".join(text_of(cell).split()) or f"column {i}" for i, cell in enumerate(frame.iloc[0], 1)])
    note = f"the sheet {shown(sheets[0])}" + (f" of {len(sheets)}" if len(sheets) > 1 else "")
    return frame_cells(path, frame.iloc[1:], wanted, 2, "row", (note, "the first row names the columns"))


def parquet_cells(path: Path, wanted: Sequence[str], reading: Reading) -> Cells:
    """Read a parquet file, the columns alone that are used."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
        if rows * len(wanted) > MAX_CELLS:
            raise UsageError(
                f"the table {path} has more than {MAX_CELLS // len(wanted):,} rows, which is the most for {len(wanted)} columns; "
                "use fewer columns or a part of it"
            )
        first = [[as_text(column) for column in batch.columns] for batch in next_only(file.iter_batches(batch_size=HEAD))]
        head = tuple(zip(*first[0], strict=True)) if first else ()
        chosen = [names[place] for place in chosen_columns(path, names, head, wanted)]
        check_plain(path, (name for name in wanted if pa.types.is_nested(file.schema_arrow.field(name).type)))
        read = file.read(columns=chosen)
        columns = {name: pd.Series(as_text(read[name]), dtype=str) for name in chosen}
    except pa.ArrowException as error:
        raise UsageError(f"the table {path} cannot be read: {str(error).strip()[:200]}; give a CSV or parquet file") from None
    return Cells(names, head, np.arange(1, rows + 1, dtype=np.int32), np.ones(rows, bool), "row", ("parquet",), columns)


def check_plain(path: Path, nested: Iterable[str]) -> None:
    """Raise `UsageError` for a column whose cells are lists or objects."""
    if name := next(iter(nested), None):
        raise UsageError(f"the column {name} of the table {path} has lists or objects in its cells; write a column for each value that they have")


def next_only(batches: Iterator[Any]) -> Iterator[Any]:
    """The first of some, if there is one."""
    for batch in batches:
        yield batch
        return


def as_text(column: Any) -> list[str]:
    """The cells of an Arrow column as text; nothing for what is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column
    if pa.types.is_nested(plain.type) or pa.types.is_binary(plain.type):
        return [""] * len(plain)
    return list(pc.fill_null(pc.cast(plain, pa.string()), "").to_pylist())


def frame_cells(path: Path, frame: pd.DataFrame, wanted: Sequence[str], first: int, row: str, notes: tuple[str, ...]) -> Cells:
    """Return a table of Python's values as text."""
    if len(frame) * len(wanted) > MAX_CELLS:
        most = MAX_CELLS // len(wanted)
        raise UsageError(f"the table {path} has more than {most:,} rows, which is the most for {len(wanted)} columns; use fewer columns or a part of it")
    names = tuple(map(str, frame.columns))
    text = [[text_of(value) for value in frame.iloc[:, i]] for i in range(len(names))]
    head = tuple(zip(*(column[:HEAD] for column in text), strict=True))
    chosen = chosen_columns(path, names, head, wanted)
    filled = np.array([any(map(str.strip, cells)) for cells in zip(*text, strict=True)], bool)
    check_plain(path, (name for name in wanted if frame.iloc[:, names.index(name)].map(lambda cell: isinstance(cell, (dict, list))).any()))
    columns = {names[i]: pd.Series(text[i], dtype=str) for i in chosen}
    return Cells(names, head, np.arange(first, first + len(frame), dtype=np.int32), filled, row, notes, columns)


def text_of(value: Any) -> str:
    """A value as the text of a cell: whole numbers without a point, dates as ISO 8601 writes them, nothing for what is null."""
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if np.isnan(value) else str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat(sep=" ") if isinstance(value, pd.Timestamp) or (hasattr(value, "hour") and hasattr(value, "year")) else str(value)


def check_small(path: Path) -> None:
    """Raise `UsageError` for a file that is read in one piece and is too large for it."""
    if path.stat().st_size > 1 << 30:
        raise UsageError(f"the table {path} is larger than 1 GiB; save it as CSV or parquet")


READERS = {"text": text_cells, "jsonl": jsonl_cells, "xlsx": xlsx_cells, "parquet": parquet_cells}
