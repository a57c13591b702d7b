"""The measurements of the probes of plug-ins; those that ship have sections and figures of their own, and all are in files for a paper."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.suite.probes import PROBES


def content(data: Excerpt) -> Content | None:
    """Return the figure of the probes that do not ship."""
    shipped = {name for probe in PROBES.own.values() for name in probe.series}
    figure = FIGURES["probes"]

    def further(of: Benchmark) -> pd.DataFrame:
        table = figure.table(of)
        return table[~table.probe.isin(shipped)]

    return figure_content(replace(figure, table=further), data, "Figures that a plug-in measures inside the networks.")


SECTION = Section("probes", "What further probes measured", "Probes", 105, content, template="figure")
