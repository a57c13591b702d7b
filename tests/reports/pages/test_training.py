"""The page of a Keras training draws what was measured, and can be written whatever is missing of it."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.support.records import record
from unvanish.reports.pages.training import HEIGHT, TOP, render
from unvanish.suite.debugger.diagnosis import judge

FADING = {"rnn": np.geomspace(1e-9, 1.0, 20)}


def page_of(made):
    return render(judge(made, None).as_data())


def drawings(page):
    """By its id each SVG of a page."""
    found = [ElementTree.fromstring(part) for part in re.findall(r"<svg id=.*?</svg>", page, re.DOTALL)]
    return {svg.get("id"): svg for svg in found}


def points(svg, number=0):
    """The points of a curve, [point, (x, y)]."""
    paths = [part.get("d") for part in svg.iter() if part.tag.endswith("path")]
    return np.array([[float(value) for value in point.split()] for point in paths[number][1:].split("L")])


def test_it_says_what_was_found_with_its_rule_and_what_to_try():
    diagnosis = judge(record(0.0, state_gradient=FADING), None)
    page = render(diagnosis.as_data())
    assert diagnosis.findings[0].cause == "vanishing"
    for said in (diagnosis.findings[0].what, diagnosis.findings[0].why[1:], diagnosis.outcome.sentence):
        assert said.replace("<", "&lt;").replace(">", "&gt;") in page


def test_heights_are_logarithms_of_what_was_measured():
    """From 1e-9 to 1 a curve goes up evenly over the whole height; losses from 8 to 2 lie where their logarithms do."""
    found = drawings(page_of(record(0.0, state_gradient=FADING, losses=np.geomspace(8.0, 2.0, 50))))
    rising = points(found["time-0"])
    assert rising[0, 1] == pytest.approx(TOP + HEIGHT, abs=0.1) and rising[-1, 1] == pytest.approx(TOP, abs=0.1)
    assert np.ptp(np.diff(rising[:, 1])) < 0.2 and len(rising) == 20
    falling = points(found["loss"])  # the axis goes from 0.1, below the constant's 0.7, to 10
    expected = TOP + HEIGHT * (1 - np.log10(np.geomspace(8.0, 2.0, 50))) / 2
    np.testing.assert_allclose(falling[:, 1], expected, atol=0.1)


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
