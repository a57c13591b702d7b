"""Keeps user names, passwords and tokens of addresses out of everything that is printed, written or tracked.

SQLAlchemy's `render_as_string(hide_password=True)` hides less: it reads a whole address of a database alone, not a sentence with one in it, ends a
password at its first @, and shows users and the parameters of a query.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

HIDDEN = "***"

# The user information of an address: all between :// and the last @ of the word; or, with a space in the password, the first @ of the line.
USER = re.compile(r"(?<=://)(?:\S*|[^@\n]*)(?=@)")
# The values of query parameters whose names say that they are secret.
SECRET = re.compile(
    r"""(?<=[?&;]) ([^\s=&;#?]* (?:token|key|secret|passw|pwd|auth|credential|signature|sig|sas|user) [^\s=&;#?]*) = ([^\s&;#'"]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def redact(text: object, *addresses: str) -> str:
    """The text with *** for the user and the password of every address in it, and for query parameters that look like secrets.

    What is secret in `addresses` is also hidden where it stands alone, as in what a library says of an address it was given.
    """
    shown = SECRET.sub(rf"\1={HIDDEN}", USER.sub(HIDDEN, str(text)))
    for secret in secrets(addresses):
        shown = shown.replace(secret, HIDDEN)
    return shown


def secrets(addresses: tuple[str, ...]) -> list[str]:
    """User and password of each address, together and apart, and values of its secret parameters, as given and decoded; the longest first."""
    together = [match.group() for address in addresses for match in USER.finditer(address)]
    words = {word for pair in together for word in (pair, *pair.split(":", 1))} | {match[2] for address in addresses for match in SECRET.finditer(address)}
    return sorted((words | set(map(unquote, words))) - {""}, key=len, reverse=True)
