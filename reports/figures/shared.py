"""What the panels of a page repeat, written once: styles become classes, and what is drawn the same in several panels is defined once.

Matplotlib writes every style at every line and letter, and the curve of a neighbour is in each panel of its row. On a page of
ten thousand trials that would be more than half of the bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

PANEL = re.compile(r"<svg [^>]*data-box=.*?</svg>", re.DOTALL)
CLIP = re.compile(r'<clipPath id="([^"]*)">(.*?)</clipPath>')
MARK = re.compile(r'<path id="([^"]*)"([^>]*)/>')
PATH = re.compile(r"<path [^>]*/>")
WORTHWHILE = 60  # characters of a path, below which a reference to it saves little


@dataclass(frozen=True)
class Shared:
    """HTML whose panels refer to `style`, rules of a style sheet, and to `definitions`, SVG that is nowhere drawn by itself."""

    html: list[str]
    style: str
    definitions: str


def written_once(html: Sequence[str]) -> Shared:
    """The same panels with what they repeat written once; all of it is for one page."""
    panels = [panel for part in html for panel in PANEL.findall(part)]
    clips, marks = once(panels, CLIP, "c"), once(panels, MARK, "m")
    names = clips.names | marks.names
    referring = [refer(CLIP.sub("", MARK.sub("", panel)), names) for panel in panels]
    repeats = Counter(path for panel in referring for path in PATH.findall(panel) if len(path) >= WORTHWHILE and ' d="' in path)
    lines = {path: f"l{index}" for index, path in enumerate(path for path, count in repeats.items() if count > 1)}
    styles: dict[str, str] = {}

    def styled(svg: str) -> str:
        return re.sub(r' style="([^"]*)"', lambda found: f' class="{styles.setdefault(found[1], f"s{len(styles)}")}"', svg)

    def short(svg: str) -> str:
        return styled(PATH.sub(lambda path: f'<use href="#{lines[path[0]]}"/>' if path[0] in lines else path[0], svg).replace("<defs></defs>", ""))

    remaining = iter([short(panel) for panel in referring])
    parts = [PANEL.sub(lambda _: next(remaining), part) for part in html]
    definitions = [f'<clipPath id="{name}">{content}</clipPath>' for content, name in clips.definitions.items()]
    definitions += [f'<path id="{name}"{content}/>' for content, name in marks.definitions.items()]
    definitions += [path.replace("<path ", f'<path id="{name}" ', 1) for path, name in lines.items()]
    drawn = styled("".join(definitions))
    rules = [f".{name} {{ {style} }}" for style, name in styles.items()]
    return Shared(parts, "\n".join(rules), drawn)


@dataclass(frozen=True)
class Once:
    """Definitions by their content, and the new name of each old one."""

    definitions: dict[str, str]
    names: dict[str, str]


def once(panels: Sequence[str], pattern: re.Pattern[str], letter: str) -> Once:
    definitions: dict[str, str] = {}
    names = {old: definitions.setdefault(content, f"{letter}{len(definitions)}") for panel in panels for old, content in pattern.findall(panel)}
    return Once(definitions, names)


def refer(svg: str, names: dict[str, str]) -> str:
    """The SVG with references to the new names."""
    svg = re.sub(r"url\(#([^)]*)\)", lambda found: f"url(#{names.get(found[1], found[1])})", svg)
    return re.sub(r'<use href="#([^"]*)"', lambda found: f'<use href="#{names.get(found[1], found[1])}"', svg)
