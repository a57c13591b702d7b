"""Each mitigation has a line of its own, whatever their number."""

from unvanish.reports.figures.style import GREY, HUES, INK, TINTS, dashes, palette, tint

NAMES = ["none", *(f"cure{number}" for number in range(2 * len(HUES) + 1)), "frozen"]


def test_every_mitigation_has_a_line_that_no_other_has():
    colours, patterns = palette(NAMES), dashes(NAMES)
    looks = {(colours[name], str(patterns[name])) for name in NAMES}
    assert len(looks) == len(NAMES) and colours["none"] == INK and colours["frozen"] == GREY
    assert [colours[name] for name in NAMES[1 : len(HUES) + 1]] == list(HUES) and patterns["cure0"] == ""


def test_the_strongest_tint_is_of_what_is_solved_throughout():
    assert tint(1.0, all_solved=False) < tint(0.0, all_solved=True) == len(TINTS) - 1
    levels = [tint(score, all_solved=False) for score in (-1.0, 0.0, 0.2, 0.5, 0.9, 1.0, 2.0)]
    assert levels == sorted(levels) and levels[0] == 0
