"""The gradient against steps back, before and after training."""

from unvanish.reports.pages.sections.section import figure_section

SECTION = figure_section(
    "gradient_profile", "How much gradient arrives", "Arrives", 75, "Before training the weights are random; what a cure does to the gradient shows after it."
)
