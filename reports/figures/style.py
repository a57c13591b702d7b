"""The colours and letters of the figures. On a page each colour becomes a variable of its style sheet, which has one value for light and one for dark paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.colors import to_hex, to_rgb

from unvanish.suite.experiment.roles import is_control_mitigation

PAPER, INK, FAINT, GREY = "#ffffff", "#0a0b0c", "#6a6b6c", "#919293"  # background; text; axes and reference lines; what is there to compare with
ACCENT, WARM = "#1f5f8b", "#b4531a"  # the one colour; what grows without bound
HUES = (ACCENT, WARM, "#2e7d4f", "#7b4fa3", "#0f8587", "#c2417c", "#8a6d3b", "#a07d00")  # of mitigations, in the order of the profile
UNMITIGATED = "none"
DOTTED, DASHED = (0, (1, 2)), (0, (4, 3))

CAUSES = {  # the marker and colour of an event, by its name
    "exploded": ("^", WARM),
    "vanished": ("v", HUES[3]),
    "weak": (">", HUES[3]),
    "saturated": ("s", HUES[5]),
    "dead": ("X", HUES[5]),
    "truncated": ("P", HUES[6]),
    "rate_too_high": ("D", WARM),
    "frozen": ("p", HUES[6]),
    "solved": ("o", ACCENT),
}
OTHER_CAUSE = ("*", INK)  # an event without a marker of its own


def mix(colour: str, share: float) -> str:
    """Return a colour on white paper."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return to_hex((red, green, blue))


TINTS = (*(mix(ACCENT, 0.05 + 0.05 * level) for level in range(9)), ACCENT)  # of a score from 0 to 1; the last where every trial solved the task
VARIABLES = {PAPER: "var(--paper)", INK: "currentColor", "#262626": "currentColor", FAINT: "var(--faint)", GREY: "var(--grey)"}  # the third is seaborn's ink
VARIABLES |= {colour: f"var(--tint-{level})" for level, colour in enumerate(TINTS)}
VARIABLES |= {colour: f"var(--hue-{index})" for index, colour in enumerate(HUES)} | {ACCENT: "var(--accent)", WARM: "var(--warm)"}
STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlepad": 4,
    "axes.labelsize": 9,
    "axes.labelpad": 3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": FAINT,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "hatch.color": GREY,
}


def palette(mitigations: Iterable[str]) -> dict[str, str]:
    """Return a colour for each mitigation: ink for training without one, grey for controls, hues in their order for the others."""
    names = list(dict.fromkeys(mitigations))
    cures = [name for name in names if name != UNMITIGATED and not is_control_mitigation(name)]
    colours = {name: HUES[index % len(HUES)] for index, name in enumerate(cures)}
    return {name: INK if name == UNMITIGATED else colours.get(name, GREY) for name in names}


def dashes(mitigations: Iterable[str]) -> dict[str, Any]:
    """Return the dashes of each mitigation's line: none but for those that share their colour with an earlier one."""
    colours = palette(mitigations)
    patterns: dict[str, Any] = {}
    for name, colour in colours.items():
        earlier = [other for other in patterns if colours[other] == colour]
        patterns[name] = (3, 1.5, *(1, 1.5) * (len(earlier) - 1)) if earlier else ""
    return patterns


def tint(score: float, all_solved: bool) -> int:
    """Return the index in `TINTS` of a result: the last where every trial solved the task, else by the score."""
    return len(TINTS) - 1 if all_solved else int(min(max(score, 0.0), 1.0) * (len(TINTS) - 2))
