"""The figures, one file each. A new one is a new file in this folder that calls its instance `FIGURE`."""

from unvanish.reports.figures.figure import Figure
from unvanish.tasks.registry import Registry

FIGURES: Registry[Figure] = Registry("unvanish.reports.figures", "figure", "FIGURE", lambda thing: isinstance(thing, Figure))

__all__ = ["FIGURES", "Figure"]
