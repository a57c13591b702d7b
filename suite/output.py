"""The output folder: made only when it can be, and taken back when nothing came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.errors import UsageError


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """The folder, created if need be; raises `UsageError` where it cannot be written.

    When what follows ends in `UsageError`, folders that this created are removed again if they are empty.
    """
    created = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except FileExistsError:
        raise UsageError(f"the output folder {path} is a file; give the path of a folder") from None
    except NotADirectoryError:
        raise UsageError(f"the output folder {path} lies inside a file; give the path of a folder") from None
    except OSError as error:
        remove(created)
        raise UsageError(f"the output folder {path} cannot be written ({error.strerror}); give the path of a folder that can") from None
    try:
        yield path
    except UsageError:
        remove(created)
        raise


def remove(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
