"""The page of a Keras training draws what was measured, and can be written whatever is missing of it."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.support.records import record
from unvanish.reports.pages.training import render
from unvanish.suite.debugger.diagnosis import judge
from unvanish.suite.diagnosis.tried_fixes import Scores, TriedFix, TriedFixes, verdict

FADING = {"rnn": np.geomspace(1e-9, 1.0, 20)}


def page_of(made):
    return render(judge(made, None).as_data())


def drawings(page):
    """By the id of its title each SVG of a page."""
    found = [ElementTree.fromstring(part) for part in re.findall(r"<svg .*?</svg>", page, re.DOTALL)]
    return {svg[0].get("id").removesuffix("-title"): svg for svg in found}


def curves(svg):
    """The points of the curves, [point, (x, y)], which are the longest paths."""
    paths = [part.get("d") for part in svg.iter() if part.tag.endswith("path") and part.get("d", "").count("L") > 10]
    return [np.array([[float(value) for value in point.split()] for point in re.split("[ML]", path) if point.strip()]) for path in paths]


def test_it_says_what_was_found_with_its_rule_and_what_to_try():
    diagnosis = judge(record(0.0, state_gradient=FADING), None)
    page = render(diagnosis.as_data())
    assert diagnosis.findings[0].cause == "vanished"
    for said in (diagnosis.findings[0].what, diagnosis.findings[0].why[1:], diagnosis.outcome.sentence):
        assert said.replace("<", "&lt;").replace(">", "&gt;") in page


def test_heights_are_logarithms_of_what_was_measured():
    """From 1e-9 to 1 a curve goes up evenly; losses that fall by the same factor at each step are a straight line down."""
    shown = drawings(page_of(record(0.0, state_gradient=FADING, losses=np.geomspace(8.0, 2.0, 50))))
    before, _ = curves(shown["time-0"])  # in an SVG y grows downwards
    assert np.ptp(np.diff(before[:, 1])) < 0.3 and before[0, 1] > before[-1, 1] and np.ptp(np.diff(before[:, 0])) < 0.3
    (falling,) = curves(shown["loss"])
    assert np.ptp(np.diff(falling[:, 1])) < 0.3 and falling[0, 1] < falling[-1, 1]
    assert "From 8 at step 1 to 2 at step 50; the best constant prediction reaches 0.7" in shown["loss"][1].text
    assert {"training step", "loss"} <= {"".join(part.itertext()) for part in shown["loss"].iter() if part.tag.endswith("text")}


def test_a_layer_without_a_gradient_has_a_word_for_a_bar():
    shown = drawings(page_of(record(0.5, layer_gradient={"rnn": np.nan, "hidden": 0.0, "dense": 0.5})))["layers"]
    words = [part.text for part in shown.iter() if part.tag.endswith("text")]
    assert {"rnn", "hidden", "dense", "not finite", "exactly 0"} <= set(words)


@pytest.mark.parametrize(
    "made",
    [
        record(0.9),
        record(0.0, losses=[0.5, np.nan, np.nan]),
        record(0.0, losses=[np.nan]),
        record(0.0, losses=[]),
        record(0.5, state_gradient={}),
        record(0.5, state_gradient={"rnn": np.zeros(20)}),
        record(0.5, state_gradient={"rnn": np.full(20, np.nan)}),
        record(0.5, layer_gradient={"rnn": np.nan, "hidden": 0.0, "dense": 0.5}),
        record(0.5, layer_gradient={}),
        replace(record(0.5), end=None),
    ],
    ids=["healthy", "diverged", "diverged at once", "no step", "not recurrent", "no gradient", "no number", "some layers", "no layers", "loss of its own"],
)
def test_whatever_is_missing_there_is_a_page_that_says_neither_none_nor_nan(made):
    page = page_of(made)
    shown = re.sub(r"<(style|script).*?</\1>|<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf)\b", re.sub(r"<[^>]*>", " ", shown))
    assert all("nan" not in (part.get("d") or "") for svg in drawings(page).values() for part in svg.iter())


def curves_of(*ends):
    """Scores of three seeds whose held-out errors are these at the end, with curves that fall straight to them."""
    held_out = np.repeat(np.array(ends)[:, None], 20, axis=1)
    curve = np.linspace(0, 1 - np.array(ends), 4).T
    return Scores(np.array([0, 10, 20, 30]), curve, held_out, held_out, np.array([]))


def tried():
    """Three changes: one that helped, one that did not, and one that could not be made."""
    without = curves_of(1.0, 1.0, 1.0)
    fixes = []
    for name, scores in (("clipped", curves_of(0.2, 0.3, 0.25)), ("<leaky>", curves_of(1.0, 1.01, 1.0))):
        word, difference = verdict(without, scores)
        fixes.append(TriedFix(name, f"{name} gradients", ("exploded",), word, code=f"Adam({name!r})\n", scores=scores, difference=difference))
    fixes.append(TriedFix("gated", "LSTM", ("vanished",), "failed", "the layers of a subclassed model cannot be replaced"))
    return TriedFixes("", "log loss", "the frequencies of the classes", 0.7, 20, 30, 3, 1.5, 120.0, without, "", tuple(fixes))


def test_what_was_tried_is_a_table_curves_and_the_code_of_what_helped():
    page = render(replace(judge(record(0.0)), tried=tried()).as_data())
    assert "1 of 2 changes helped; 1 could not be tried." in page
    section = page[page.index('id="tried"') : page.index('id="measured"')]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>(.*?)</tr>", section)]
    assert ["clipped", "gradients", "helped", "0.00", "0.75", "+0.75", "±", "0.06", "exploded"] in rows
    assert any(row[2:5] == ["did", "not", "help"] for row in rows) and any("failed:" in row for row in rows)
    assert "Adam(&#39;clipped&#39;)" in section and "Adam(&#39;&lt;leaky" not in section
    titles = {"".join(part.itertext()) for part in drawings(page)["tried"].iter() if part.tag.endswith("text")}
    assert {"clipped gradients", "without", "with the change", "simple prediction"} <= titles


def test_a_page_says_why_nothing_was_tried():
    page = render(replace(judge(record(0.5)), tried=TriedFixes(note="Nothing was tried, since nothing wrong was found.")).as_data())
    assert "Nothing was tried, since nothing wrong was found." in page
