"""The sensitivity to the learning rate, and what tuning leaves open."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.statistics import tuning


def content(data: Benchmark) -> Content | None:
    """Return the figure, and how many conditions chose a rate at the edge of its grid."""
    lead = "A cure that works at one rate only has to be tuned for; one that works at most of them does not."
    return figure_content(FIGURES["sensitivity"], data, f"{lead} {tuning.sentence(data.conditions)}")


SECTION = Section("sensitivity", "How much the learning rate matters", "Rates", 100, content, template="figure")
