"""Read a file that a user named: a regular one, and no more of it than such a file can have."""

import os
import stat
from pathlib import Path

from unvanish.tasks.errors import UsageError

MAX_TEXT = 1 << 20  # bytes of a profile or a plug-in


def reason_unreadable(path: Path) -> str | None:
    """Return why a file cannot be read, before it is opened: a pipe or a device may never end; None where it can."""
    try:
        kind = os.stat(path).st_mode
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:  # a path with a NUL character
        return "no file can have this name"
    if stat.S_ISDIR(kind):
        return "it is a folder"
    return None if stat.S_ISREG(kind) else "it is no regular file, but a pipe or a device"


def read_text(path: Path, what: str, give: str) -> str:
    """Return the content of a text file; raise `UsageError`, which says `what` it is and what to `give` instead, where it cannot be read or is too large."""
    reason = reason_unreadable(path)
    if reason is None:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_TEXT + 1)
            if len(content) <= MAX_TEXT:
                return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
            reason = f"it is larger than {MAX_TEXT >> 20} MiB"
        except OSError as error:
            reason = error.strerror or str(error)
        except UnicodeDecodeError:
            reason = "it is no text file"
    raise UsageError(f"{what} {path} cannot be read ({reason}); give {give}")
