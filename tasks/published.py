"""A figure that others published on the data of a task, to be read beside what networks reach here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published figure.

    value      in the unit of `measure`
    measure    what it is: a metric of this suite, where it can be compared with it
    predictor  that reaches it
    source     the publication
    caveat     what differs from the task's own splits or sequences; empty where nothing does
    """

    value: float
    measure: str
    predictor: str
    source: str
    caveat: str = ""

    def __str__(self) -> str:
        return f"{self.measure} {self.value:g} by {self.predictor} ({self.source}{'; ' if self.caveat else ''}{self.caveat})"
