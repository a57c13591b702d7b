"""All tasks and lags together."""

from reports.sections.section import of_figure

SECTION = of_figure("overall", "Over all tasks and lags", "Overall", 55, "One number a network and mitigation, and how often the mitigation beats none.")
