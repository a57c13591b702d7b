"""How fast each mitigation solves the task."""

from unvanish.reports.pages.sections.section import of_figure_by_task

SECTION = of_figure_by_task("steps", "How fast it is solved", "Steps", 60, "The share of trials that have solved the task by each training step.")
