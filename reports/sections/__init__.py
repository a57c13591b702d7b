"""The sections of the page, one file each: what it says and its template. A new one is a new file that calls its instance `SECTION`."""

from reports.sections.section import Section
from tasks.registry import Registry

SECTIONS: Registry[Section] = Registry("reports.sections", kind="section", constant="SECTION")

__all__ = ["SECTIONS", "Section"]
