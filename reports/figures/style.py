"""The colours and letters of the figures: real colours in files, the page's own (light or dark) on the page."""

from __future__ import annotations

import re
from typing import Any

from matplotlib.colors import to_hex, to_rgb

INK, FAINT, GREY = "#0a0b0c", "#6a6b6c", "#919293"  # text; axes and reference lines; what is there to compare with
ACCENT, WARM, ON = "#1f5f8b", "#b4531a", "#fefefe"  # the one colour; what grows without bound; letters on full colour


def mix(colour: str, share: float) -> str:
    """A colour on white paper."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


TINTS = tuple(mix(ACCENT, share) for share in (0.06, 0.13, 0.2, 0.27, 0.34, 0.41, 0.48, 0.55, 0.62, 1.0))  # the last for all
DARK_LETTERS = len(TINTS) - 1  # tints before this one are drawn under dark letters
SHADES = tuple(mix(ACCENT, 0.04 + 0.96 * level / 12) for level in range(13))  # of a map without letters, the last for what is as large as at the end
WARMS = tuple(mix(WARM, share) for share in (0.4, 0.9))
VARIABLES = {INK: "currentColor", FAINT: "var(--faint)", GREY: "var(--grey)", ACCENT: "var(--accent)", WARM: "var(--warm)", ON: "var(--on)"}
VARIABLES |= {colour: f"var(--tint-{index})" for index, colour in enumerate(TINTS) if colour != ACCENT}
VARIABLES |= {colour: f"var(--shade-{index})" for index, colour in enumerate(SHADES) if colour not in VARIABLES}
VARIABLES |= {colour: f"var(--warm-{index})" for index, colour in enumerate(WARMS)}
STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.titley": 1.0,  # given, or Matplotlib looks for labels above the panel at each drawing
    "axes.labelsize": 8,
    "axes.labelpad": 2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": FAINT,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "lines.solid_capstyle": "round",
}


def themed(svg: str) -> str:
    """Matplotlib's SVG without what a page does not need, its colours as variables of the page's style sheet."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # nothing refers to them, and another panel has the same
    svg = re.sub(r" font-family: [^;]*;", "", svg)  # the page's
    svg = re.sub(r"(font: (?:[0-9]+ )?[0-9.]+px) [^;\"]*", r"\1 sans-serif", svg)
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r'(?<= d=")[^"]*', coarse, svg)
    svg = re.sub(r"<path(?! d=| id=)[^>]*/>", "", svg)  # of missing values only
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg)  # within a page
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r">\s+<", "><", svg)
    svg = ungrouped(re.sub(r' (?:width|height)="[0-9.]+pt"', "", svg, count=2))
    return re.sub(r"#[0-9a-f]{6}", lambda found: VARIABLES.get(found.group(), found.group()), svg)


def coarse(path: re.Match[str]) -> str:
    """A path to a tenth of a point, on one line; a polygonal one in steps from point to point, which takes half the characters."""
    if not set(re.findall("[A-Za-z]", path.group())) <= {"M", "L", "z"}:
        return re.sub(r" ?([A-Za-z]) ?", r"\1", re.sub(r"(\.\d)\d+", r"\1", " ".join(path.group().split())))
    written, before, x, y = "", "", 0, 0
    for command, *point in re.findall(r"([MLz])\s*(?:(-?[\d.]+)\s+(-?[\d.]+))?", path.group()):
        if command == "z":
            written += "z"
        else:
            new_x, new_y = (round(10 * float(number)) for number in point)  # whole tenths, so that steps add up
            step = (new_x, new_y) if command == "M" else (new_x - x, new_y - y)
            written += {"M": "M", "L": " " if before == "L" else "l"}[command] + " ".join(f"{tenths / 10:g}" for tenths in step)
            x, y = new_x, new_y
        before = command
    return written


def ungrouped(svg: str) -> str:
    """Without the groups that say nothing of what is in them."""
    kept: list[bool] = []

    def tag(found: re.Match[str]) -> str:
        if found[0] != "</g>":
            kept.append(found[0] != "<g>")
            return found[0] if kept[-1] else ""
        return found[0] if kept.pop() else ""

    return re.sub(r"<g(?: [^>]*)?>|</g>", tag, svg)
