"""What the probes of plug-ins measured; those that ship have sections and figures of their own, and all are in files for a paper."""

from __future__ import annotations

from dataclasses import replace

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import FIGURE_TEMPLATE, Content, Section, panels
from unvanish.suite.probes import PROBES


def content(data: Benchmark) -> Content | None:
    shipped = {name for probe in PROBES.own.values() for name in probe.series}
    further = replace(data, probes=data.probes[~data.probes.probe.isin(shipped)])
    rows = panels(FIGURES["probes"], further)
    return {"figure": FIGURES["probes"], "lead": "Figures that a plug-in measures inside the networks.", "rows": rows} if rows else None


SECTION = Section("probes", "What further probes measured", "Probes", 105, content, FIGURE_TEMPLATE)
