"""The diagnosis of a training as a page."""

from __future__ import annotations

import os
from pathlib import Path

from suite.keras.diagnosis import Diagnosis
from tasks.errors import UsageError


def page_of(diagnosis: Diagnosis) -> str:
    """One self-contained HTML file."""
    from reports.training import render

    return render(diagnosis.as_data())


def write_page(diagnosis: Diagnosis, path: Path) -> None:
    """The page, complete or not there at all; raises `UsageError` where it cannot be written."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(page_of(diagnosis), encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise UsageError(f"the page {path} cannot be written ({error.strerror}); give the path of a file in a folder that exists") from None
