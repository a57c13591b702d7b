"""The sections of the page, one file each. A new one is a new file that calls its instance `SECTION`."""

from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Section, figure_section
from unvanish.tasks.registry import Registry

SECTIONS: Registry[Section] = Registry("unvanish.reports.pages.sections", kind="section", constant="SECTION")


def all_sections() -> list[Section]:
    """The sections of the page in their order; a figure of a plug-in, which has none, is one of its own at the end."""
    further = [name for name in FIGURES.names if name not in FIGURES.own]
    return [*SECTIONS, *(figure_section(name, FIGURES[name].title, FIGURES[name].title, 0, FIGURES[name].question) for name in further)]


__all__ = ["SECTIONS", "Section", "all_sections"]
