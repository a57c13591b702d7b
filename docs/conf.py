"""How Sphinx makes the pages of `make docs`: from README, the guides and the docstrings, and without loading anything from another host.

The source folder is the repository, so the links that GitHub follows hold here too.
"""

import re
import tomllib
from pathlib import Path

from pygments.lexers.special import TextLexer

ROOT = Path(__file__).resolve().parents[1]
INDENT = " " * 4

project = "unvanish"
author = "The unvanish authors"
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_nb", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/*.ipynb"]
default_role = "code"  # docstrings write code between single backticks
myst_heading_anchors = 4
nb_execution_mode = "off"  # the notebook is shown as it is stored; a test runs it
autodoc_member_order = "bysource"
toc_object_entries = False

html_theme = "furo"
html_title = f"unvanish {release}"
html_copy_source = html_show_sourcelink = html_show_copyright = False
smartquotes = False
templates_path = ["templates"]
html_additional_pages = {"index": "first_page.html"}


def definition_list(paragraph: list[str]) -> list[str]:
    """Return a paragraph of aligned lines, `name   what it is`, as a definition list of reStructuredText; any other paragraph as it is."""
    if not re.match(r"[\w, ]*\w {2,}\S", paragraph[0]):
        return paragraph
    lines = []
    for line in paragraph:
        if not line.startswith(" "):
            name, _, line = line.partition("  ") if re.match(r"[\w, ]*\w {2,}\S", line) else line.partition(" ")
            lines.append(f"``{name}``")
        lines.append(INDENT + line.strip())
    return lines


def list_table(paragraph: list[str]) -> list[str]:
    """Return a table of Markdown as one of reStructuredText; any other paragraph as it is."""
    if len(paragraph) < 2 or not paragraph[1].startswith("|--"):
        return paragraph
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in (paragraph[0], *paragraph[2:])]
    cells = [f"   {'  ' if column else '* '}- {cell}" for row in rows for column, cell in enumerate(row)]
    return [".. list-table::", "   :header-rows: 1", "", *cells]


def process_docstring(app, what, name, obj, options, lines: list[str]) -> None:
    """Rewrite the lines of a docstring in place, as autodoc asks."""
    text = re.sub(r"\*(?=\w+\])", r"\\*", "\n".join(lines).strip("\n"))  # the star in shapes such as [E, *shape]
    paragraphs = [part.split("\n") for part in re.split(r"\n\s*\n", text)]
    lines[:] = [line for paragraph in paragraphs for line in (*list_table(definition_list(paragraph)), "")]


def setup(app) -> None:
    app.add_lexer("csv", TextLexer)  # tables in the guides; Pygments has none for them
    app.connect("autodoc-process-docstring", process_docstring)
