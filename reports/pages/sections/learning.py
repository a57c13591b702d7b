"""The learning curves."""

from unvanish.reports.pages.sections.section import of_figure_by_task

SECTION = of_figure_by_task("learning", "How it learns", "Learning", 70, "The loss on sequences that training never saw.")
