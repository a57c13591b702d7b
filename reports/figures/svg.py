"""Matplotlib figures as accessible SVG inside an HTML page, in the page's own colours."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from unvanish.reports.figures.style import VARIABLES
from unvanish.reports.shown_text import shown

RASTER_DPI = 110  # of what is rasterised
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
REFERENCE = re.compile(r"(?:url\(#|^#)([^)]+)")  # from a style, or as a link to a definition
COLOUR = re.compile(r"#[0-9a-f]{6}")
FONT_FAMILY = re.compile(r" font-family: [^;]*;")
DECIMALS = re.compile(r"(\.\d)\d+")

ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", XLINK[1:-1])


def as_svg(figure: Figure, name: str, title: str, description: str, links: Mapping[str, str] | None = None) -> Markup:
    """Return the figure as an `<svg>` element for an HTML page, byte for byte the same for the same figure.

    name    unique on the page: part of every id, so that figures on one page do not share clip paths and markers
    title, description   alternative text
    links   the accessible name of each link in the figure, by its address

    Text stays text in the page's font. Colours of `unvanish.reports.figures.style` become variables of the page's style sheet, which has a
    value of each for light and for dark paper.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.sans-serif": ["DejaVu Sans"]}):
        figure.savefig(
            buffer,
            format="svg",
            facecolor="none",
            bbox_inches="tight",
            pad_inches=0.02,
            dpi=RASTER_DPI,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    root = ElementTree.fromstring(buffer.getvalue())
    for child in list(root):
        if child.tag == f"{SVG}metadata" or (child.tag == f"{SVG}defs" and child.find(f"{SVG}style") is not None):
            root.remove(child)  # a style sheet in an inline SVG would be the whole page's
    referred = {found for element in root.iter() for value in element.attrib.values() for found in REFERENCE.findall(value)}
    for element in root.iter():
        if element.get("id") not in referred:
            element.attrib.pop("id", None)  # axes_1 and the like, which every figure has
        if "style" in element.attrib:
            style = COLOUR.sub(lambda colour: VARIABLES.get(colour[0], colour[0]), element.attrib["style"])
            element.set("style", FONT_FAMILY.sub("", style))
        for attribute in {"d", "x", "y"} & set(element.attrib):
            element.set(attribute, DECIMALS.sub(r"\1", element.attrib[attribute]))  # a tenth of a point is finer than a screen
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]  # each text has one
        if address := element.attrib.pop(f"{XLINK}href", ""):
            element.set("href", address)
            if element.tag == f"{SVG}a":
                element.set("aria-label", shown((links or {})[address]))
                del element.attrib["target"]  # a window of its own
        element.text, element.tail = (None if text is None or not text.strip() else text for text in (element.text, element.tail))
    root.set("role", "group" if links else "img")  # what is inside an image is hidden from a screen reader, links too
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{SVG}{tag}", id=f"{name}-{tag}")
        element.text = shown(text)
        root.insert(position, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))
