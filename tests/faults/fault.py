"""What a fault is, and how one is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.scene import Scene


@dataclass(frozen=True)
class Fault:
    """A fault with a name.

    inflict  runs the commands, does the harm and goes on from there; its docstring says what is done and what is promised
    tries    how often it is tried; None for the number that the caller chooses, since its moment is drawn
    """

    name: str
    inflict: Callable[[Scene], None]
    tries: int | None = None

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (self.inflict.__doc__ or "").strip().split("\n")[0]


class Skipped(Exception):
    """A fault that cannot be inflicted on this machine, with the reason."""


FAULTS: dict[str, Fault] = {}


def fault(name: str, tries: int | None = None) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a function as a fault, in the order of the files."""

    def register(inflict: Callable[[Scene], None]) -> Callable[[Scene], None]:
        assert name not in FAULTS, name
        FAULTS[name] = Fault(name, inflict, tries)
        return inflict

    return register
