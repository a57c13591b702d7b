"""A check of a contract: a name and a function of what is checked, and what it found."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from unvanish.tasks.errors import UsageError

MAX_SENTENCE = 300  # characters of an error's message
Result = Literal["holds", "does not hold", "not applicable"]


class DoesNotHold(Exception):
    """Raised by a check; the message says what was seen and what to change."""


class NotApplicable(Exception):
    """Raised by a check that has no meaning for what is checked; the message says why."""


@dataclass(frozen=True)
class Check:
    """One check.

    function   returns what was seen, as a phrase; raises `DoesNotHold` or `NotApplicable`. Whatever else it raises does not hold either
    stage      the first of `unvanish plan`, `run` and `check` that makes it: what needs TensorFlow is made by `run`, and what has to be compiled by `check`
    essential  whether the checks after it cannot be made where it does not hold
    """

    name: str
    function: Callable[[Any], str]
    stage: Literal["plan", "run", "check"] = "plan"
    essential: bool = False


@dataclass(frozen=True)
class Finding:
    """The result of a check: one sentence, and the file and line of a plug-in whose code raised an error."""

    subject: str
    check: str
    result: Result
    sentence: str
    where: str = ""


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: 1 state, 2 states."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def require(condition: object, sentence: str) -> None:
    """Raise `DoesNotHold` with this sentence unless a condition is true."""
    if not condition:
        raise DoesNotHold(sentence)


def make_checks(subject: str, thing: Any, file: str, checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield the finding of each check of a thing, which the code in `file` defines; end after an essential one that does not hold."""
    for check in checks:
        finding = make_check(subject, thing, file, check)
        yield finding
        if check.essential and finding.result == "does not hold":
            return


def make_check(subject: str, thing: Any, file: str, check: Check) -> Finding:
    """Return the finding of one check."""
    try:
        return Finding(subject, check.name, "holds", check.function(thing))
    except NotApplicable as reason:
        return Finding(subject, check.name, "not applicable", str(reason))
    except (DoesNotHold, UsageError) as reason:
        return Finding(subject, check.name, "does not hold", str(reason))
    except Exception as error:  # whatever the code of a plug-in raises
        sentence = f"{type(error).__name__}: {' '.join(str(error).split())[:MAX_SENTENCE]}"
        return Finding(subject, check.name, "does not hold", sentence, place_of(error, file))


def place_of(error: Exception, file: str) -> str:
    """Return the file and the line at which its code raised an error, as deep in it as can be said; empty where the error came from elsewhere."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{file}, line {lines[-1]}" if lines else ""
