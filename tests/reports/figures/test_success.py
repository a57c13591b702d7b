"""Which cell of the heat map has which number, colour and link."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from tests.support.drawing import data, drawn
from unvanish.reports.figures.style import TINTS
from unvanish.reports.figures.success import FIGURE, links, table

COLUMNS = ["task", "lag", "model", "mitigation", "state", "n_solved", "n_trials", "n_failed", "score"]
CONDITIONS = pd.DataFrame(
    [
        ("adding", 5, "rnn", "none", "run", 1, 3, 0, 0.4),
        ("adding", 5, "rnn", "relu", "not applicable", 0, 0, 0, np.nan),
        ("adding", 5, "rnn", "rmsprop", "run", 3, 3, 0, 1.0),
        ("adding", 5, "lstm", "none", "partly failed", 2, 3, 1, 0.9),
        ("adding", 5, "lstm", "relu", "not run", 0, 0, 0, np.nan),
        ("adding", 5, "lstm", "rmsprop", "run", 0, 3, 0, 0.0),
        ("adding", 5, "feedforward", "none", "run", 0, 3, 0, 0.0),
        ("adding", 5, "feedforward", "rmsprop", "run", 1, 3, 0, 0.5),
        ("adding", 5, "feedforward", "relu", "not applicable", 0, 0, 0, np.nan),
        ("adding", 9, "rnn", "none", "run", 0, 3, 0, 0.2),
    ],
    columns=COLUMNS,
)


def panels(conditions=CONDITIONS):
    return drawn(FIGURE, table(data({"adding": [5, 9]}, conditions=conditions)))


def cells(axes):
    """Text and level of colour of the cells with a text, by the labels of their column and row; the level of one without a result is NaN."""
    columns = [label.get_text() for label in axes.get_xticklabels()]
    rows = [label.get_text().replace("\n", " ") for label in axes.get_figure().axes[0].get_yticklabels()]
    levels = np.ma.filled(np.ma.asarray(axes.collections[0].get_array(), dtype=float), np.nan).reshape(len(rows), len(columns))
    places = [(text.get_text(), *(int(at) for at in text.get_position())) for text in axes.texts]
    return {(columns[x], rows[y]): (text, levels[y, x]) for text, x, y in places if text}


def test_each_cell_has_the_number_of_its_condition():
    shown = {place: text for place, (text, _) in cells(panels()["adding", "lag 5"]).items()}
    assert shown == {
        ("rnn", "none"): "1/3",
        ("lstm", "none"): "2/3 !",
        ("rnn", "relu"): "n/a",
        ("lstm", "relu"): "not run",
        ("rnn", "rmsprop"): "3/3",
        ("lstm", "rmsprop"): "0/3",
        ("lstm", "feedforward (control)"): "1/6",  # one control, whatever the mitigation
    }


def test_the_colour_is_stronger_the_higher_the_score_and_full_only_where_all_solved():
    strength = {place: level for place, (_, level) in cells(panels()["adding", "lag 5"]).items()}
    assert strength["lstm", "rmsprop"] == 0 < strength["rnn", "none"] < strength["lstm", "none"] < strength["rnn", "rmsprop"] == len(TINTS) - 1


def test_what_was_not_run_or_does_not_apply_is_hatched_and_has_no_colour():
    axes = panels()["adding", "lag 5"]
    assert {place for place, (_, level) in cells(axes).items() if np.isnan(level)} == {("rnn", "relu"), ("lstm", "relu")}
    hatched = {(int(patch.get_x()), int(patch.get_y())) for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()}
    assert hatched == {(0, 1), (1, 1)}


def test_a_cell_links_to_the_row_of_its_condition_and_says_what_it_shows():
    conditions = table(data({"adding": [5, 9]}, conditions=CONDITIONS))
    assert links(conditions)["#adding.5.rnn.rmsprop"] == "rnn, rmsprop, lag 5: 3 of 3"
    (drawing,) = FIGURE.drawings(conditions)
    (patch,) = [patch for axes in drawing.canvas.axes for patch in axes.patches if patch.get_url() == "#adding.5.rnn.rmsprop"]
    assert patch.get_xy() == (0, 2)  # the first model, the third mitigation
    svg = drawing.svg(links(conditions))
    assert '<a href="#adding.5.rnn.rmsprop" aria-label="rnn, rmsprop, lag 5: 3 of 3">' in svg and svg.count("<a ") == len(links(conditions))


def test_each_lag_is_a_panel():
    assert set(panels()) == {("adding", "lag 5"), ("adding", "lag 9")}
    assert {text for text, _ in cells(panels()["adding", "lag 9"]).values()} == {"0/3"}


def test_a_benchmark_of_controls_only_has_its_cell():
    (axes,) = panels(CONDITIONS[CONDITIONS.model == "feedforward"]).values()
    assert [text.get_text() for text in axes.texts] == ["1/6"]


def test_what_failed_looks_failed_and_never_like_none_solved():
    """Also the control, whose one result is the whole row's."""
    failed = CONDITIONS.assign(state=CONDITIONS.state.where(CONDITIONS.mitigation != "rmsprop", "failed"))
    failed.loc[failed.state == "failed", ["n_solved", "n_trials", "n_failed", "score"]] = [0, 0, 3, np.nan]
    control = (failed.model == "feedforward") & (failed.mitigation == "none")
    failed.loc[control, ["state", "n_solved", "n_trials", "n_failed", "score"]] = ["failed", 0, 0, 3, np.nan]
    shown = cells(panels(failed)["adding", "lag 5"])
    for place in (("rnn", "rmsprop"), ("lstm", "rmsprop"), ("lstm", "feedforward (control)")):
        text, level = shown[place]
        assert text == "failed" and np.isnan(level)
    said = links(table(data({"adding": [5, 9]}, conditions=failed)))
    assert said["#adding.5.rnn.rmsprop"] == "rnn, rmsprop, lag 5: failed" and said["#adding.5.lstm.none"] == "lstm, none, lag 5: 2 of 3, 1 failed"
