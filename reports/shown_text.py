"""Names and sentences of others as text that can be shown: without characters that a page, a figure or a terminal takes for anything but a letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

# Control characters but for tab and line breaks; halves of surrogate pairs, which no file in UTF-8 can hold; marks that turn the direction of what follows.
UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def shown(text: str) -> str:
    r"""Return a text with a code, as in \x1b, for each character that cannot be shown."""
    return text if text.isprintable() else UNSHOWABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def drawn(text: str) -> str:
    r"""Return a text as Matplotlib draws it letter by letter: a dollar sign is written \$, since what stands between two is taken for a formula."""
    return shown(text).replace("$", r"\$")


def undrawn(text: str) -> str:
    """Return the text that was given to `drawn`, where all of it can be shown."""
    return text.replace(r"\$", "$")


def table_with(change: Callable[[str], str], table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with every text in its cells changed; the same table where nothing changes."""
    changed = {name: change_column(change, table[name]) for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])}
    changed = {name: column for name, column in changed.items() if column is not None}
    return table.assign(**changed) if changed else table


def change_column(change: Callable[[str], str], column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return a column with every text changed; None where none does. Categories keep their order."""
    is_category = isinstance(column.dtype, pd.CategoricalDtype)
    values = column.cat.categories if is_category else column
    new = {value: change(value) for value in {value for value in values if isinstance(value, str)}}
    if all(value == text for value, text in new.items()):
        return None

    def changed(value: Any) -> Any:
        return new.get(value, value) if isinstance(value, str) else value

    texts = column.astype(object).map(changed)
    return texts.astype(pd.CategoricalDtype(dict.fromkeys(map(changed, values)), ordered=column.cat.ordered)) if is_category else texts
