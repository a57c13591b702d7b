"""The characters that a name may have which a user gives: the label of a task, and the name of what a plug-in defines.

Such a name becomes part of file names, of addresses, of a page, of Keras' layers and of MLflow's runs, and stands in selections and in combinations of
mitigations, where other characters have a meaning.
"""

import re
from typing import Any

from unvanish.tasks.errors import UsageError

MAX_LENGTH = 60
NAME = re.compile(r"[^\W_][\w .-]*(?<![ .])")
ALLOWED = f"letters, digits, spaces, '_', '-' and '.', begin with a letter or a digit, end with no space or '.', and have at most {MAX_LENGTH} characters"


def is_name(given: Any) -> bool:
    """Return whether something is text that may be such a name."""
    return isinstance(given, str) and len(given) <= MAX_LENGTH and NAME.fullmatch(given) is not None


def check_name(what: str, given: Any) -> None:
    """Raise `UsageError` unless something may be the name of `what`."""
    if not is_name(given):
        start = repr(given[:MAX_LENGTH]) + "..." * (len(given) > MAX_LENGTH) if isinstance(given, str) else type(given).__name__
        raise UsageError(f"the name of {what} is {start}; it must be of {ALLOWED}")
