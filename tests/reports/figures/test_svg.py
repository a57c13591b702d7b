"""A figure inside a page is accessible, in the page's colours and letters, shares no id with another, and is the same each time."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from unvanish.reports.figures.style import ACCENT, HUES, INK, PAPER, TINTS, VARIABLES
from unvanish.reports.figures.svg import as_svg
from unvanish.reports.pages.templating import TEMPLATES


def canvas(colour=ACCENT, address=None):
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], marker="o", color=colour)
    axes.set_title("a < b", color=INK)
    axes.bar([0], [1], color=TINTS[3], url=address)
    return figure


def test_it_has_a_title_and_a_description_that_name_it():
    root = ElementTree.fromstring(as_svg(canvas(), "one", "Title & more", "What it shows <here>"))
    title, description = root[0], root[1]
    assert (title.text, description.text) == ("Title & more", "What it shows <here>")
    assert root.get("role") == "img" and root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]


def test_text_is_text_in_the_letters_of_the_page():
    svg = as_svg(canvas(), "one", "T", "D")
    assert ">a &lt; b</text>" in svg and "font-family" not in svg and "<style" not in svg and "metadata" not in svg


def test_colours_are_variables_that_the_page_has_for_light_and_for_dark_paper():
    svg = as_svg(canvas(HUES[3]), "one", "T", "D")
    assert "currentColor" in svg and "var(--hue-3)" in svg and "var(--tint-3)" in svg and not {HUES[3], TINTS[3], INK} & set(re.findall("#[0-9a-f]{6}", svg))
    style = (TEMPLATES / "report.css").read_text()
    for variable in set(VARIABLES.values()) - {"currentColor"}:
        name = variable.removeprefix("var(").removesuffix(")")
        assert style.count(f"{name}: ") == (1 if "tint" in name else 3), name  # tints are mixed of the others; light, dark and print


def test_no_two_figures_share_an_id_and_every_reference_is_to_one():
    parts = [as_svg(canvas(), name, "T", "D") for name in ("one", "other")]
    ids = re.findall(r' id="([^"]*)"', "".join(parts))
    assert len(ids) == len(set(ids)) > 4
    for part in parts:
        targets = {clip or link for clip, link in re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', part)}
        assert targets and targets <= set(ids)


def test_it_is_the_same_each_time():
    assert as_svg(canvas(), "one", "T", "D") == as_svg(canvas(), "one", "T", "D")


def test_a_link_has_a_name_that_a_screen_reader_reaches_and_none_is_without():
    svg = as_svg(canvas(address="#row"), "one", "T", "D", {"#row": "to the row"})
    assert '<a href="#row" aria-label="to the row">' in svg and 'role="group"' in svg
    with pytest.raises(KeyError, match="#row"):
        as_svg(canvas(address="#row"), "one", "T", "D")


def test_paper_is_the_pages_paper():
    assert VARIABLES[PAPER] == "var(--paper)"
