"""Which columns of a table are numbers and which are categories; what cannot be either with certainty is refused, with its cells and the line to write."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from unvanish.tasks.errors import UsageError
from unvanish.tasks.table_reader.column import RawColumn, describe_odd, is_mixed, named_cells, numbered, outlying, toml_list
from unvanish.tasks.table_reader.file import TableFile
from unvanish.tasks.table_reader.settings import Reading

MAX_VALUES = 200  # of a category
MAX_NUMBERED_CLASSES = 20  # whole numbers that may be classes without being called so
UNIQUE_SHARE = 0.5  # of cells that are different from which on a column is no category
MANY = 20  # different values from which on it matters


class Declared(Protocol):
    """What of a declaration decides on the kinds of its columns; see `unvanish.tasks.table_reader.rows.Declaration`."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def inputs(self) -> tuple[str, ...]: ...
    @property
    def previous(self) -> tuple[str, ...]: ...
    @property
    def target(self) -> str: ...
    @property
    def target_kind(self) -> str: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def reading(self) -> Reading: ...


def number_columns(declaration: Declared, file: TableFile) -> list[str]:
    """Return the names of the columns that are numbers; raise `UsageError` for a column that is neither with certainty."""
    numbers = []
    for name in declaration.columns:
        raw = file.columns[name]
        is_target = name == declaration.target
        if is_target and declaration.target_kind == "class":
            check_category(file, raw, name in declaration.categories, "the target", 'write target_kind = "number" to predict a number')
            continue
        if name in file.dates and not is_target:
            raise UsageError(
                f'the column {name} of the table {file.path} has dates, which are no input; write time = "{name}" in the parameters, and '
                'calendar = ["weekday", "month"] for what a step is told of it'
            )
        if name in declaration.categories and not is_target:
            check_category(file, raw, True, "the column", "leave the column out")
            continue
        check_mixed(file, raw, is_target)
        if raw.numbers is None:
            check_category(file, raw, False, "the column", "correct it or leave the column out")
            continue
        if name not in declaration.reading.outliers:
            check_outliers(file, raw)
        numbers.append(name)
    return numbers


def check_target_kind(declaration: Declared, file: TableFile) -> None:
    """Raise `UsageError` where the target is a number and the profile asks for a class of it, or the other way round."""
    raw = file.columns[declaration.target]
    if declaration.target_kind == "number":
        if raw.numbers is None:
            odd = raw.odd_words
            said = f"{named_cells(raw, odd, file.lines, file.row)} {'is' if len(odd) == 1 else 'are'}" if len(odd) else "not one cell is"
            place = (
                f"{file.row} {file.lines[raw.row_of(raw.no_number)]} of the table {file.path} has {raw.no_number!r} as {raw.name}, which is no number"
                if len(odd)
                else ""
            )
            hint = describe_odd(raw) if len(odd) else ""
            raise UsageError(
                (place or f"the target {raw.name} of the table {file.path} is to be a number, and {said} one")
                + (f" ({said} no number; {hint})" if hint else f" ({said} no number)" if len(odd) > 1 else "")
                + ("; give a column with numbers" if not len(odd) else f"; correct it{or_missing(raw, list(map(str, raw.words[odd]))[:3])}")
            )
        return
    values = raw.values[np.isfinite(raw.values)]
    if raw.numbers is None or declaration.target in declaration.categories:
        return
    whole = bool((values == np.round(values)).all())
    if not whole or len(values) > MAX_NUMBERED_CLASSES:
        within = float(f"{max(np.nanstd(raw.values_by_row) / 10, 1e-6):.1g}")
        raise UsageError(
            f"the target {raw.name} of the table {file.path} is a number with {len(values):,} different values, and target_kind is not given; write "
            f'target_kind = "number" and within = {within:g} (how near a prediction must be to count as right), or categories = ["{raw.name}"] '
            "where its numbers are classes"
        )


def or_missing(raw: RawColumn, words: list[str]) -> str:
    """Say that some cells can be declared as meaning nothing, unless they are the most."""
    right, odd = numbered(raw)
    return f", or write missing = {toml_list(words)} where such cells mean nothing" if odd <= right else ""


def check_mixed(file: TableFile, raw: RawColumn, is_target: bool) -> None:
    """Raise `UsageError` for a column of numbers in which some cells are none."""
    if not is_mixed(raw):
        return
    right, odd = numbered(raw)
    hint = describe_odd(raw)
    words = [str(word) for word in raw.words[raw.odd_words]]
    raise UsageError(
        f"the column {raw.name} of the table {file.path} has numbers in {right:,} cells and something else in {odd:,}: "
        f"{named_cells(raw, raw.odd_words, file.lines, file.row)}{f' ({hint})' if hint else ''}; correct "
        f"{'it' if odd == 1 else 'them'}, or write missing = {toml_list(words[:5])} where such cells mean nothing"
        + ("" if is_target else f' (with fill = "last", "mean" or "drop"), or categories = ["{raw.name}"] where its numbers are names')
    )


def check_category(file: TableFile, raw: RawColumn, declared: bool, what: str, advice: str) -> None:
    """Raise `UsageError` for a column with too many different values, or nearly all of them different, and for numbers in which some cells are none."""
    if not declared:
        check_mixed(file, raw, what == "the target")
    hint = describe_odd(raw)
    if not declared and hint and (what != "the target" or len(raw.words) > MAX_NUMBERED_CLASSES):
        raise UsageError(
            f"{what} {raw.name} of the table {file.path} has {named_cells(raw, raw.odd_words[:2], file.lines, file.row)}, which is not read as a number "
            f'({hint}); correct such cells, or write categories = ["{raw.name}"] where they are names'
        )
    different, cells = len(raw.words), int(raw.counts.sum())
    if different > MAX_VALUES:
        odd = f"; {named_cells(raw, raw.odd_words[:1], file.lines, file.row)} is no number" if len(raw.odd_words) < different else ""
        kind = "class" if what == "the target" else "category"
        raise UsageError(f"{what} {raw.name} of the table {file.path} has {different:,} different values, and a {kind} at most {MAX_VALUES}{odd}; {advice}")
    if different > MANY and different > UNIQUE_SHARE * cells and not declared:
        raise UsageError(
            f"{what} {raw.name} of the table {file.path} has {different:,} different values in {cells:,} cells, such as "
            f"{named_cells(raw, raw.odd_words[:2], file.lines, file.row)}, too many to be a category{f' ({hint})' if hint else ''}; {advice}"
        )


def check_outliers(file: TableFile, raw: RawColumn) -> None:
    """Raise `UsageError` for a number that stands for 'missing', or is so far from all others that it is a typo."""
    places = outlying(raw)
    if not places:
        return
    others = np.delete(raw.values, places)
    words = [str(raw.words[place]) for place in places]
    raise UsageError(
        f"the column {raw.name} of the table {file.path} has {named_cells(raw, places, file.lines, file.row)}, and all others are from "
        f"{np.nanmin(others):g} to {np.nanmax(others):g}; correct it, or write missing = {toml_list(words)} where it means nothing, or "
        f'outliers = ["{raw.name}"] where it is right'
    )
