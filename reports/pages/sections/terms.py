"""The glossary of words and columns."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.suite.diagnosis import DIAGNOSES
from unvanish.suite.tables.schema import FILES


def content(data: Excerpt) -> Content:
    """Return the columns of all files, and each diagnosis with its meaning and count."""
    counts = data.whole.evaluated.diagnosis.value_counts()
    return {
        "files": FILES,
        "diagnoses": [(word, meaning, int(counts.get(word, 0))) for word, meaning in DIAGNOSES.items()],
        "tested": bool(data.whole.conditions.p.notna().any()),
    }


SECTION = Section(
    name="terms",
    title="Words",
    short="Words",
    position=130,
    content=content,
)
