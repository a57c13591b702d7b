"""The steps until each mitigation solves the task."""

from unvanish.reports.pages.sections.section import figure_section

SECTION = figure_section("steps", "How fast it is solved", "Steps", 60, "The share of trials that have solved the task by each training step.")
