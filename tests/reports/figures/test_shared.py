"""What panels repeat is written once, and each panel still refers to all that it is drawn of."""

import re

from unvanish.reports.figures.shared import written_once
from unvanish.reports.figures.style import ungrouped

CURVE = "M0 0" + "".join(f"L{x} {x % 7}" for x in range(20))


def panel(name):
    return (
        f'<svg data-box="0 0 1 1"><defs><path id="mark{name}" d="M0 0L0 2" style="stroke: red"/></defs><use href="#mark{name}" x="1"/>'
        f'<path d="{CURVE}" clip-path="url(#clip{name})" style="fill: none"/><path d="M0 0L{name} 1" style="fill: none"/>'
        f'<defs><clipPath id="clip{name}"><rect width="9"/></clipPath></defs></svg>'
    )


def test_repeated_styles_marks_clips_and_curves_are_there_once():
    made = written_once([f"<p style='x'>one</p>{panel(3)}", panel(4) + '<svg viewBox="0 0 1 1"><path d="M0 0" style="a"/></svg>'])
    whole = made.definitions + "".join(made.html)
    assert all(whole.count(part) == 1 for part in (CURVE, "<clipPath", 'd="M0 0L0 2"', 'd="M0 0L3 1"', 'd="M0 0L4 1"'))
    assert made.style.splitlines() == [".s0 { fill: none }", ".s1 { stroke: red }"]
    referred = set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', whole))
    assert {one or other for one, other in referred} == set(re.findall(r' id="([^"]*)"', made.definitions))
    assert "<p style='x'>one</p>" in made.html[0] and 'style="a"' in made.html[1]  # no panels


def test_what_is_drawn_once_stays_in_its_panel():
    made = written_once([panel(3)])
    assert CURVE in made.html[0] and CURVE not in made.definitions


def test_groups_that_say_nothing_are_left_out():
    assert ungrouped('<g><g transform="a"><g><path/></g></g></g>') == '<g transform="a"><path/></g>'
