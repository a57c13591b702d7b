"""README, CHANGELOG, CONTRIBUTING and docs as tests read them: their code blocks, inline code, links and prose."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WRITTEN = re.compile(r"<!-- begin: [\w-]+ -->.*?<!-- end: [\w-]+ -->", re.DOTALL)  # by docs/write_numbers.py
COMMANDS = ("unvanish", "make", "python")


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str = "") -> list[str]:
        """The content of the code blocks in a language; those without one are commands."""
        return [content for name, content in FENCE.findall(self.text) if name == language]

    @cached_property
    def inline(self) -> list[str]:
        """What stands between single backticks, on one line each."""
        return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", FENCE.sub("", self.text))]

    @cached_property
    def prose(self) -> str:
        """The text without code and without what a script writes."""
        return re.sub(r"`[^`]+`", "", WRITTEN.sub("", FENCE.sub("", self.text)))

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command, of blocks and of inline code; comments are left out."""
        lines = [line.split("#")[0] for block in self.blocks() for line in block.split("\n")]
        return [words for words in map(_words, [*lines, *self.inline]) if len(words) > 1 and words[0] in COMMANDS]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The path and the anchor of every link to a file of the repository; each may be empty."""
        targets = re.findall(r"\]\(([^)]+)\)", FENCE.sub("", self.text))
        return [(path, anchor) for path, _, anchor in (target.partition("#") for target in targets if "://" not in target)]

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as GitHub makes them."""
        headings = re.findall(r"^#+ (.*)$", FENCE.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _words(command: str) -> list[str]:
    """The words of a command as a shell splits them; none of what no shell can read."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


PAGES = [Page(path) for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))]
README = PAGES[0]


def page(name: str) -> Page:
    """The page of docs with this name."""
    return Page(ROOT / "docs" / name)
