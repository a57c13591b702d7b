"""How much depends on the learning rate, and what tuning leaves open."""

from __future__ import annotations

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import FIGURE_TEMPLATE, Content, Section, panels
from unvanish.reports.statistics import tuning


def content(data: Benchmark) -> Content | None:
    rows = panels(FIGURES["sensitivity"], data)
    lead = "A cure that works at one rate only has to be tuned for; one that works at most of them does not."
    return {"figure": FIGURES["sensitivity"], "lead": f"{lead} {tuning.sentence(data.conditions)}", "rows": rows} if rows else None


SECTION = Section("sensitivity", "How much the learning rate matters", "Rates", 100, content, FIGURE_TEMPLATE)
