"""The learning rates: what each that was tried reached, where the searches stopped, and how well a cure does with little tuning."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.pages.templating import records
from unvanish.reports.statistics import tuning
from unvanish.reports.tables.little_tuning import little_tuning


def content(data: Excerpt) -> Content | None:
    """Return the figure, where the searches stopped, and a row a network and mitigation."""
    lead = "A cure that works at one rate only has to be tuned for; one that works at most of them does not."
    figure = figure_content(FIGURES["rates"], data, f"{lead} {tuning.sentence(data.whole.conditions)}")
    rows = data.with_chosen_mitigations(little_tuning(data.plan, data.whole.conditions))
    return figure and figure | {"rows": records(rows), "n_problems": len(data.plan.tasks)}


SECTION = Section("rates", "How much the learning rate matters", "Rates", 100, content)
