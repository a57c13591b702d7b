"""How long each network remembers with each mitigation."""

from unvanish.reports.pages.sections.section import of_figure

SECTION = of_figure("horizon", "How far back it remembers", "Horizon", 50, "The memory horizon is the longest lag that a network with a mitigation solves.")
