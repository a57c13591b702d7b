"""A figure that shows nothing of its data is an error, whatever it is of; panels are the same on the page and on paper."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import BlankPanel, Figure, longest_lags
from unvanish.reports.figures.marks import CONTEXT, note

TABLE = pd.DataFrame(
    {
        "task": ["adding"] * 4 + ["copy_memory"] * 2,
        "lag": [5, 5, 9, 9, 2, 2],
        "model": ["rnn", "lstm"] * 3,
        "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    }
)


def draw(axes, panel):
    axes.plot(panel.rows.x, panel.rows.x, marker="o")
    axes.set_title(panel.name)


PLAIN = Figure(
    name="plain",
    title="Plain",
    caption="A dot.",
    position=0,
    table=lambda data: TABLE,
    across=("task", "lag"),
    panel="model",
    draw=draw,
    size=lambda group: (2.0, 1.0),
)


def broken(drawing):
    return replace(PLAIN, draw=drawing)


def test_each_panel_gets_its_own_rows_and_those_of_its_neighbours():
    panels = list(PLAIN.panels(TABLE))
    assert [(panel.key["task"], panel.key["lag"], panel.name, panel.rows.x.tolist(), panel.group.x.tolist()) for panel in panels] == [
        ("adding", 5, "rnn", [0], [0, 1]),
        ("adding", 5, "lstm", [1], [0, 1]),
        ("adding", 9, "rnn", [2], [2, 3]),
        ("adding", 9, "lstm", [3], [2, 3]),
        ("copy_memory", 2, "rnn", [4], [4, 5]),
        ("copy_memory", 2, "lstm", [5], [4, 5]),
    ]


NOTHING = {
    "nothing at all": lambda axes, panel: None,
    "one panel left out": lambda axes, panel: draw(axes, panel) if panel.name == "rnn" else None,
    "only missing values": lambda axes, panel: axes.plot([np.nan], [np.nan], marker="o"),
    "only a reference line": lambda axes, panel: axes.axhline(1.0),
    "only neighbours": lambda axes, panel: axes.plot([0, 1], [0, 1], gid=CONTEXT),
    "only labels": lambda axes, panel: axes.text(0.5, 0.5, "rnn"),
    "outside the axes": lambda axes, panel: (axes.plot([5, 6], [5, 6]), axes.set(xlim=(0, 1), ylim=(0, 1))),
    "below a logarithm": lambda axes, panel: (axes.set(yscale="log", ylim=(1e-3, 1)), axes.plot([1, 2], [-1, 0])),
    "neither line nor marker": lambda axes, panel: axes.plot([0, 1], [0, 1], linestyle="none"),
    "an empty band": lambda axes, panel: axes.fill_between([0, 1], [np.nan] * 2, [np.nan] * 2),
}


@pytest.mark.parametrize("drawing", NOTHING.values(), ids=NOTHING)
def test_a_panel_with_data_that_shows_nothing_is_an_error_that_names_it(drawing):
    first = "lstm" if drawing is NOTHING["one panel left out"] else "rnn"
    with pytest.raises(BlankPanel, match=f"'Plain' draws nothing in its panel 'adding, lag 5, {first}', though its table has 1 rows"):
        [broken(drawing).svg(panel) for panel in PLAIN.panels(TABLE)]
    with pytest.raises(BlankPanel, match="'Plain'"):
        list(broken(drawing).sheets(TABLE))


SOMETHING = {
    "a line": lambda axes, panel: axes.plot([0, 1], [0, 1]),
    "a dot": lambda axes, panel: axes.plot(1, 1, marker="o", linestyle="none"),
    "dots": lambda axes, panel: axes.scatter([1], [1]),
    "a bar": lambda axes, panel: axes.barh(0, 1.0),
    "a band": lambda axes, panel: axes.fill_between([0, 1], 0, 1),
    "an image": lambda axes, panel: axes.imshow([[1.0]]),
    "a note that says why not": lambda axes, panel: note(axes, "not run"),
}


@pytest.mark.parametrize("drawing", SOMETHING.values(), ids=SOMETHING)
def test_a_mark_of_the_data_or_a_note_is_enough(drawing):
    for panel in PLAIN.panels(TABLE):
        assert "<svg" in broken(drawing).svg(panel)


def test_an_svg_has_an_alternative_text_and_the_pages_colours_and_is_the_same_each_time():
    (panel, *_) = PLAIN.panels(TABLE)
    svg = PLAIN.svg(panel)
    assert svg == PLAIN.svg(panel)
    assert 'role="img" aria-label="Plain, adding, lag 5, rnn"' in svg and "currentColor" in svg and "<g id=" not in svg


def test_the_drawn_area_is_where_the_svg_says():
    """Of a panel 2 by 1 inches within margins of 0.4, 0.35, 0.1 and 0.25."""
    (panel, *_) = PLAIN.panels(TABLE)
    box = [float(share) for share in re.search(r'data-box="([^"]*)"', PLAIN.svg(panel)).group(1).split()]
    np.testing.assert_allclose(box, [100 * 0.4 / 2.5, 100 * 0.25 / 1.6, 100 * 2 / 2.5, 100 / 1.6], atol=0.01)


def test_no_two_panels_share_an_id():
    text = "".join(PLAIN.svg(panel) for panel in PLAIN.panels(TABLE))
    ids = re.findall(r' id="([^"]*)"', text)
    assert ids and len(ids) == len(set(ids))


def test_on_paper_each_task_is_a_sheet_with_all_of_its_panels_and_rows():
    sheets = {name: (table, canvas) for name, table, canvas in PLAIN.sheets(TABLE)}
    assert list(sheets) == ["plain-adding", "plain-copy_memory"]
    table, canvas = sheets["plain-adding"]
    assert table.x.tolist() == [0, 1, 2, 3]
    assert [axes.lines[0].get_xdata().tolist() for axes in canvas.axes] == [[0], [1], [2], [3]]
    assert [text.get_text() for text in canvas.texts] == ["adding, lag 5", "adding, lag 9"]
    corners = [axes.get_position() for axes in canvas.axes]
    assert all(0 < box.x0 < box.x1 < 1 and 0 < box.y0 < box.y1 < 1 for box in corners)
    assert not any(one.overlaps(other) for one in corners for other in corners if one is not other)


def test_the_page_shows_the_longest_lag_of_each_task_where_all_would_be_too_many():
    assert longest_lags(TABLE).x.tolist() == [2, 3, 4, 5]
    assert PLAIN.on_page(TABLE) is TABLE
    assert replace(PLAIN, longest=True).on_page(TABLE).x.tolist() == [2, 3, 4, 5]


def test_every_figure_says_how_to_read_it():
    assert len(FIGURES.names) >= 7 and all(len(figure.caption) > 80 for figure in FIGURES)
