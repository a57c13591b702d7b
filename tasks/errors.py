"""The exception whose message is written for users."""

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """A user's request cannot be carried out; the message is the one sentence that they read.

    It says what was given, what is allowed and what to type instead. The command line prints it and exits with status 2.
    """


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> UsageError:
    """The sentence for a name that is not among `allowed`, with the closest one as a suggestion."""
    names = list(allowed)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5) or [name for name in names if name.startswith(given) and given][:1]
    suggestion = f"did you mean {close[0]!r}? " if close else ""
    return UsageError(f"there is no {kind} {given!r}; {suggestion}choose from {', '.join(names)}")
