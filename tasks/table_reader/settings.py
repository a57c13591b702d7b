"""The settings of a profile that say how a table is read: its text, its empty cells, its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["weekday", "month", "hour"]


@dataclass(frozen=True)
class Reading:
    """How the cells of a table are read; what is not given here is found out from the file and told.

    separator  between cells; " " stands for any number of spaces
    decimal    the decimal sign
    missing    cells that mean nothing, as "?" or "-9999"
    fill       what an empty cell of a column of numbers becomes: the last number before it, the mean of the training split, or its row is dropped
    time       the columns that say when a row was, by which rows are sorted
    day_first  whether 1/2/2024 is the first of February
    timezone   the zone of times that do not say their own, as "Europe/Berlin"
    gaps       whether a missed step is left out, or is a step of its own in which every cell is empty
    calendar   what a step is told of its time
    in_order   whether rows are in their order as they are, whatever a column of dates says
    outliers   columns whose numbers are right, however far one is from all others
    """

    separator: str = ""
    decimal: Literal["", ".", ","] = ""
    missing: tuple[str, ...] = ()
    fill: Literal["", "last", "mean", "drop"] = ""
    time: tuple[str, ...] = ()
    day_first: bool | None = None
    timezone: str = ""
    gaps: Literal["ignore", "steps"] = "ignore"
    calendar: tuple[Part, ...] = ()
    in_order: bool = False
    outliers: tuple[str, ...] = ()


UNSAID = Reading()
