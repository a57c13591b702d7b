"""The settings of the run, its time breakdown, and its citation."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.tables import paper
from unvanish.reports.tables.summary import trained_seconds


@dataclass(frozen=True)
class Paper:
    """A text to take into a paper, and the name of its file."""

    title: str
    name: str
    text: str

    @property
    def address(self) -> str:
        """Return the text as an address, from which it is saved without a server."""
        return f"data:text/plain;charset=utf-8;base64,{b64encode(self.text.encode()).decode()}"


def papers(data: Excerpt) -> list[tuple[str, str, str]]:
    """Return title, file name and text of what a paper takes: the entry of its bibliography, and the table of all conditions."""
    conditions = data.whole.conditions
    return [
        ("BibTeX", "citation.bib", paper.bibtex(data.plan, data.context)),
        ("conditions in LaTeX", "conditions.tex", paper.latex(conditions)),
        ("conditions in Markdown", "conditions.md", paper.markdown(conditions)),
    ]


def content(data: Excerpt) -> Content:
    """Return the settings, counts and context of the run."""
    return {
        "profile": data.plan.profile,
        "counts": data.plan.counts,
        "context": data.context,
        "hours": trained_seconds(data.whole.trials) / 3600,
        "methods": paper.methods(data.plan),
        "papers": [Paper(*each) for each in papers(data)],
        "references": data.references.to_dict("records"),
    }


SECTION = Section(
    name="provenance",
    title="How it was run, and how to cite it",
    short="Provenance",
    position=140,
    content=content,
)
