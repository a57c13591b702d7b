"""The exception whose message is written for users, and how a value that they gave stands in it: escaped, and shortened where it is long."""

import difflib
from collections.abc import Iterable

MAX_SHOWN = 80  # characters of a given value
MAX_NAMES = 400  # characters of the names to choose from
MAX_REASON = 200  # characters of what a library says is wrong


class UsageError(ValueError):
    """A user's request cannot be carried out; the message is the one sentence that they read.

    It says what was given, what is allowed and what to type instead. The command line prints it and exits with status 2. Characters that cannot be
    printed are escaped, so that it is one line whatever was given.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str, keep: str = "") -> str:
    r"""Escape what is no printable character, as `\x1b`: control characters, line ends, what turns the direction of text; not those in `keep`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in keep else repr(character)[1:-1] for character in text)


def shown(value: object) -> str:
    """Return a value as a message shows it: a string in quotes, escaped, and its beginning alone where it is long."""
    return shortened(printable(repr(value)), MAX_SHOWN)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters: the beginning and the end of a longer one, which say what it is of and what to do."""
    if len(text) <= most:
        return text
    end = (most - 3) // 3
    return f"{text[: most - 3 - end]}...{text[-end:]}"


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> UsageError:
    """The sentence for a name that is not among `allowed`, with the closest one as a suggestion."""
    names = list(allowed)
    close = difflib.get_close_matches(given[:MAX_SHOWN], names, n=1, cutoff=0.5) or [name for name in names if name.startswith(given) and given][:1]
    suggestion = f"did you mean {shown(close[0])}? " if close else ""
    return UsageError(f"there is no {kind} {shown(given)}; {suggestion}choose from {listed(names)}")


def listed(names: Iterable[str]) -> str:
    """Return names with commas between them: all of them, or as many as have room and the number of the others."""
    names, taken = list(names), list[str]()
    for name in names:
        taken.append(shortened(name, MAX_SHOWN))
        if sum(map(len, taken)) > MAX_NAMES:
            return f"{', '.join(taken[:-1])} and {len(names) - len(taken) + 1:,} more"
    return ", ".join(taken)
