"""The output folder, removed again where a command is refused; and files that are complete or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unvanish.tasks.errors import UsageError


class DamagedResultsWarning(UserWarning):
    """Files of results are damaged: what is left out of a report, or written anew."""


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """The folder, created if need be; raises `UsageError` where it cannot be written.

    When what follows ends in `UsageError`, folders that this created are removed again if they are empty.
    """
    created = [folder for folder in (path, *path.parents) if not os.path.exists(folder)]  # Path.exists raises where a name is too long
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


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a path to write to; when the block ends it is renamed to `path`, and where the block fails an older file stays as it was."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_page(page: str, path: Path) -> None:
    """Write an HTML page to a path that a user named; raises `UsageError` where it cannot be written."""
    try:
        with atomic_write(path) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the page {path} cannot be written ({error.strerror}); give the path of a file in a folder that exists") from None


def remove(folders: list[Path]) -> None:
    """Remove those of these folders that exist and are empty."""
    for folder in folders:
        if os.path.isdir(folder) and not any(folder.iterdir()):
            folder.rmdir()
