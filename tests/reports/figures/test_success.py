"""Which cell of the heat map has which number, colour and link."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from tests.support.drawing import data, drawn
from unvanish.reports.figures.style import DARK_LETTERS, INK, ON, TINTS
from unvanish.reports.figures.success import FIGURE, table, tint

COLUMNS = ["task", "lag", "model", "mitigation", "state", "n_solved", "n_trials", "score"]
CONDITIONS = pd.DataFrame(
    [
        ("adding", 5, "rnn", "none", "run", 1, 3, 0.4),
        ("adding", 5, "rnn", "relu", "not applicable", 0, 0, np.nan),
        ("adding", 5, "rnn", "rmsprop", "run", 3, 3, 1.0),
        ("adding", 5, "lstm", "none", "failed", 2, 3, 0.9),
        ("adding", 5, "lstm", "relu", "not run", 0, 0, np.nan),
        ("adding", 5, "lstm", "rmsprop", "run", 0, 3, 0.0),
        ("adding", 5, "feedforward", "none", "run", 0, 3, 0.0),
        ("adding", 5, "feedforward", "rmsprop", "run", 1, 3, 0.5),
        ("adding", 5, "feedforward", "relu", "not applicable", 0, 0, np.nan),
        ("adding", 9, "rnn", "none", "run", 0, 3, 0.2),
    ],
    columns=COLUMNS,
)


def cells(axes):
    """Text and colour of the cell by the labels of its column and row."""
    columns = [label.get_text() for label in axes.get_xticklabels()]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    patches = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    found = {}
    for text in axes.texts:
        x, y = text.get_position()
        boxes = [(patch, patch.get_bbox()) for patch in patches]
        (patch,) = [patch for patch, box in boxes if box.x0 < x < box.x1 and box.y0 < y < box.y1]
        found[columns[int(x)] if patch.get_width() <= 1 else "all", rows[int(y)]] = (text.get_text(), patch, text.get_color())
    return found


def panels():
    return drawn(FIGURE, table(data({"adding": [5, 9]}, conditions=CONDITIONS)))


def test_each_cell_has_the_number_of_its_condition():
    shown = {place: text for place, (text, *_) in cells(panels()["adding", 5]).items()}
    assert shown == {
        ("rnn", "none"): "1/3",
        ("lstm", "none"): "2/3 !",
        ("rnn", "relu"): "n/a",
        ("lstm", "relu"): "not run",
        ("rnn", "rmsprop"): "3/3",
        ("lstm", "rmsprop"): "0/3",
        ("all", "feedforward (control)"): "1/6",  # one control, whatever the mitigation
    }


def test_the_colour_is_stronger_the_higher_the_score_and_full_only_where_all_solved():
    shown = cells(panels()["adding", 5])
    strength = {place: TINTS.index(to_hex(patch.get_facecolor())) for place, (text, patch, _) in shown.items() if "/" in text and text != "n/a"}
    assert strength["lstm", "rmsprop"] == 0 < strength["rnn", "none"] < strength["lstm", "none"] < strength["rnn", "rmsprop"] == len(TINTS) - 1
    assert tint(1.0, all_solved=False) < tint(0.0, all_solved=True)
    assert all(ink == (ON if place == ("rnn", "rmsprop") else INK) for place, (*_, ink) in shown.items())
    assert strength["lstm", "none"] < DARK_LETTERS


def test_what_was_not_run_or_does_not_apply_is_hatched_and_has_no_colour():
    shown = cells(panels()["adding", 5])
    for place, (_, patch, _) in shown.items():
        assert bool(patch.get_hatch()) == (place[1] == "relu") and (patch.get_facecolor()[3] == 0) == (place[1] == "relu")


def test_a_cell_links_to_the_row_of_its_condition_and_says_what_it_shows():
    shown = cells(panels()["adding", 5])
    assert shown["rnn", "rmsprop"][1].get_url() == "#adding.5.rnn.rmsprop|rnn, rmsprop, lag 5: 3 of 3"
    (panel, *_) = FIGURE.panels(table(data({"adding": [5]}, conditions=CONDITIONS)))
    assert '<a href="#adding.5.rnn.rmsprop" aria-label="rnn, rmsprop, lag 5: 3 of 3">' in FIGURE.svg(panel)


def test_each_lag_is_a_panel():
    assert {place: axes.get_title() or axes.get_title(loc="left") for place, axes in panels().items()} == {("adding", 5): "lag 5", ("adding", 9): "lag 9"}
    assert {text for text, *_ in cells(panels()["adding", 9]).values()} == {"0/3"}


def test_a_benchmark_of_controls_only_has_its_cell():
    controls = CONDITIONS[CONDITIONS.model == "feedforward"]
    (axes,) = drawn(FIGURE, table(data(conditions=controls))).values()
    assert [text.get_text() for text in axes.texts] == ["1/6"]
