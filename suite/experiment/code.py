"""The code that decides results, as a digest: two processes with equal digests and library versions compute the same numbers."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from unvanish.suite.plugins import syntax

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("tensorflow", "keras", "numpy", "scikit-learn")
# Everything else counts, so that a new file does without being listed. These only start, store or show what others computed.
DECIDES_NOTHING = (
    "suite/cli/",
    "suite/debugger/",
    "suite/tracking/",
    "suite/studies/reproduction/",
    "suite/execution/timing.py",
    "suite/execution/context.py",
    "suite/export/encoding.py",
    "suite/export/to_keras.py",
    "suite/export/predict.py",
    "suite/redaction.py",
)


@dataclass(frozen=True)
class Code:
    """What decides results in a process: a digest of the source, and versions by name."""

    digest: str
    versions: dict[str, str]

    def differences(self, other: Code) -> list[str]:
        """What `other` has that differs from this, in words; empty where nothing does."""
        found = [f"{name} {other.versions.get(name)} instead of {own}" for name, own in self.versions.items() if other.versions.get(name) != own]
        return found + ["other source of suite or tasks"] * (self.digest != other.digest)


def installed_code(root: Path = ROOT) -> Code:
    """The code as it is on disk now."""
    versions = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    return Code(digest(root), versions)


def digest(root: Path) -> str:
    """Of the syntax trees of all files that decide results; comments, docstrings and layout change nothing."""
    content = hashlib.sha256()
    for path in deciding_files(root):
        content.update(f"{path.relative_to(root).as_posix()}\n{syntax(path.read_bytes())}\n".encode())
    return content.hexdigest()[:16]


def deciding_files(root: Path) -> Iterator[Path]:
    for path in sorted(path for package in ("suite", "tasks") for path in (root / package).rglob("*.py")):
        if not path.relative_to(root).as_posix().startswith(DECIDES_NOTHING):
            yield path


LOADED = installed_code()  # as it was when this process began to load it: files may change under a process that runs for long
