"""The layout of a text file with cells: its encoding, its separator, the names of its columns, and the line at which each row begins."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from unvanish.tasks.errors import UsageError, shown

SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar", ",": "a comma", " ": "spaces"}
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
MAX_LINE = 1 << 20  # characters of a line
MAX_COLUMNS = 10_000  # of a file, of which few are read
MAX_CELLS = 20_000_000  # a million rows of twenty columns
MAX_BYTES = 4 << 30  # of a file's text
BLOCK = 8 << 20  # bytes that are decoded at once
SAMPLE_LINES = 200  # from which the separator is found out
MAX_ABOVE = 30  # lines with cells that may stand above the names of the columns
HEAD = 100  # rows from which the kinds of all columns are found out
NUMBER = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of a text file.

    names   of all columns; those without a name are called by their number
    header  whether a line names the columns
    above   lines of the file that stand above it and are left out, as a title
    lines   of each row, its first line as an editor counts; blank lines are no rows
    filled  by row, whether it has any cell
    head    the cells of the first rows
    """

    encoding: str
    separator: str
    header: bool
    above: int
    names: tuple[str, ...]
    lines: NDArray[np.int32]
    filled: NDArray[np.bool_]
    head: tuple[tuple[str, ...], ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """How the text was read, in words."""
        if self.above:
            named = f"line {self.above + 1} names the columns, and what is above it is left out"
        else:
            named = "the first line names the columns" if self.header else "no line names the columns, which are called by their numbers"
        return (ENCODINGS[self.encoding], f"cells parted by {SEPARATORS[self.separator]}", named)


def open_text(path: Path, encoding: str) -> IO[str]:
    """Open a text file, also a compressed one, with line ends as they are."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, unpacking what gzip compressed."""
    with path.open("rb") as file:
        compressed = file.read(2) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path)) if compressed else path.open("rb")


def layout(path: Path, wanted: Sequence[str], separator: str = "") -> Layout:
    """Return the layout of a text file; raise `UsageError` where a line has another number of cells than the first, or the file is too large."""
    encoding = encoding_of(path)
    with open_text(path, encoding) as text:
        sample = list(islice(lines_of(text, path), SAMPLE_LINES))
    if not any(line.strip() for line in sample):
        raise UsageError(f"the table {path} has no line with the names of its columns; write one above its rows")
    separator = separator or guess_separator(sample)
    with open_text(path, encoding) as text:
        return scan(path, encoding, separator, records(lines_of(text, path), separator, path), wanted)


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file; raise `UsageError` for what is no text."""
    with open_bytes(path) as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        decoder, lines, total = codecs.getincrementaldecoder("utf-8")(), 1, 0
        while block := file.read(BLOCK):
            total += len(block)
            if total > MAX_BYTES:
                raise UsageError(f"the table {path} has more than {MAX_BYTES >> 30} GiB of text; use a part of it")
            if b"\0" in block:
                raise UsageError(f"the table {path} is no text, since it has a NUL byte; save it as CSV in UTF-8")
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return other_encoding(path, block, lines + error.object[: error.start].count(b"\n"))
            lines += block.count(b"\n")
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def other_encoding(path: Path, block: bytes, line: int) -> str:
    """Return the encoding of a file that is not UTF-8: Windows-1252, unless other characters are UTF-8 or a byte is none of it."""
    characters = block.decode("utf-8", "surrogateescape")
    mixed = any(ord(character) > 0x7F and not 0xDC80 <= ord(character) <= 0xDCFF for character in set(characters))
    try:
        if mixed:
            raise UnicodeError
        with open_text(path, "cp1252") as text:
            while text.read(BLOCK):
                pass
    except UnicodeError:
        raise UsageError(f"the table {path} cannot be read: line {line} is not UTF-8 text; save it as CSV in UTF-8") from None
    return "cp1252"


def lines_of(text: IO[str], path: Path) -> Iterator[str]:
    """The lines of a file with their ends; raises `UsageError` for one that is too long."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            which = "the first line" if number == 1 else f"line {number}"
            raise UsageError(f"{which} of the table {path} is longer than {MAX_LINE >> 20} MiB; give a CSV file whose first line names its columns")
        yield line


def records(lines: Iterable[str], separator: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The first line and the cells of each row; blank lines are none. Cells may have line ends in quotes."""
    if separator == " ":
        for number, line in enumerate(lines, 1):
            if cells := line.split():
                yield number, cells
        return
    reader, start = csv.reader(lines, delimiter=separator, skipinitialspace=True), 1
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"the table {path} cannot be read: {error} (from line {start} on); look for a quote there that is not closed") from None


def guess_separator(lines: Sequence[str]) -> str:
    """Return what parts the cells: of what gives most lines the same number of cells, several of them, the least common in text."""
    best, best_fit = "", (0.0, False)
    for separator in (";", "\t", "|", ","):
        try:
            counts = [len(cells) for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True) if any(cell.strip() for cell in cells)]
        except csv.Error:
            continue
        if not counts:
            continue
        most, times = Counter(counts).most_common(1)[0]
        fit = (round(times / len(counts), 1), counts[0] == most)
        if most > 1 and fit > best_fit:
            best, best_fit = separator, fit
    if best and best_fit >= (0.8, False):
        return best
    counts = [len(line.split()) for line in lines if line.strip()]
    if counts and counts[0] > 1 and len(set(counts)) == 1:
        return " "
    if not best and is_columns_of_numbers(lines):
        return " "
    return best if best and best_fit[0] > 0.5 else ","


def is_columns_of_numbers(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines have the same number of words, three or more, most of which are numbers, as below the title of a weather station."""
    rows = [line.split() for line in lines if line.strip()]
    most, times = Counter(map(len, rows)).most_common(1)[0]
    words = [word for row in rows if len(row) == most for word in row]
    return most > 2 and times >= 0.8 * len(rows) and sum(NUMBER.fullmatch(word) is not None for word in words) > len(words) / 2


def scan(path: Path, encoding: str, separator: str, rows: Iterator[tuple[int, list[str]]], wanted: Sequence[str]) -> Layout:
    """Count the cells of every row; raise `UsageError` at the first row that has another number of them, or that names the columns again.

    The names of the columns are in the first line with cells, unless one of the next has all that are wanted.
    """
    top = [(line, [" ".join(cell.split()) for cell in cells]) for line, cells in islice(rows, MAX_ABOVE)]
    if not top:
        raise UsageError(f"the table {path} has no line with the names of its columns; write one above its rows")
    place = next((i for i, (_, cells) in enumerate(top) if set(wanted) <= set(cells)), 0)
    first_line, first = top[place]
    if len(first) > MAX_COLUMNS:
        raise UsageError(f"the table {path} has {len(first):,} columns; the most are {MAX_COLUMNS:,}, so leave out those that are not used")
    header = not all(NUMBER.fullmatch(cell) or not cell for cell in first) or bool(set(wanted) & set(first))
    names = tuple(cell or f"column {i}" for i, cell in enumerate(first, 1)) if header else tuple(f"column {i}" for i in range(1, len(first) + 1))
    found: list[int] = []
    filled: list[bool] = []
    head: list[tuple[str, ...]] = []

    def add(line: int, cells: list[str]) -> None:
        found.append(line)
        filled.append(any(map(str.strip, cells)))
        if len(head) < HEAD:
            head.append(tuple(cells))

    if not header:
        add(first_line, first)
    most_rows = MAX_CELLS // max(len(wanted), 1)
    for line, cells in chain(top[place + 1 :], rows):
        if header and cells[0].strip() == first[0] and [" ".join(cell.split()) for cell in cells] == first:
            raise UsageError(f"line {line} of the table {path} names the columns again, as line {first_line} does; remove that line")
        if len(cells) != len(first):
            raise UsageError(
                f"the table {path} cannot be read: line {line} has another number of cells than line {first_line} (expected {len(first)} columns, "
                f"got {len(cells)}, of which the first is {shown(cells[0])}, where {SEPARATORS[separator]} parts them); correct or remove that line"
            )
        if len(found) >= most_rows:
            raise UsageError(
                f"the table {path} has more than {most_rows:,} rows, which is the most for {len(wanted)} columns; use fewer columns or a part of it"
            )
        add(line, cells)
    return Layout(encoding, separator, header, first_line - 1 if place else 0, names, np.array(found, np.int32), np.array(filled, bool), tuple(head))
