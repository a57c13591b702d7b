"""The learning curves."""

from unvanish.reports.pages.sections.section import figure_section

SECTION = figure_section("learning", "How it learns", "Learning", 70, "The loss on sequences that training never saw.")
