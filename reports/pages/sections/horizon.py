"""The memory horizon of each network with each mitigation."""

from unvanish.reports.pages.sections.section import figure_section

SECTION = figure_section(
    "horizon", "How far back it remembers", "Horizon", 50, "The memory horizon is the longest lag that a network with a mitigation solves."
)
