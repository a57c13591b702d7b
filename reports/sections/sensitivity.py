"""How much depends on the learning rate."""

from reports.sections.section import of_figure

SECTION = of_figure(
    "sensitivity",
    "How much the learning rate matters",
    "Rates",
    100,
    "A cure that works at one rate only has to be tuned for; one that works at most of them does not.",
)
