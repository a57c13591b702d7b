"""A figure that shows nothing of its data is an error, whatever it is of; a figure is split into drawings that are whole by themselves."""

from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.facets import facets
from unvanish.reports.figures.figure import BlankPanel, Figure, longest_lags

TABLE = pd.DataFrame(
    {
        "task": ["adding"] * 4 + ["copy_memory"] * 2,
        "lag": [5, 5, 9, 9, 2, 2],
        "model": ["rnn", "lstm"] * 3,
        "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    }
)


def draw(table, models=("rnn", "lstm")):
    grid = facets(table, "model", 1.0)
    for model, axes in grid.axes_dict.items():
        if model in models:
            axes.plot(table.x, table.x, marker="o")
    return grid.figure


PLAIN = Figure(name="plain", title="Plain", question="Where is the dot?", caption="A dot.", position=0, table=lambda data: TABLE, draw=draw)


def test_a_table_is_drawn_part_by_part_with_names_and_titles_of_their_own():
    drawings = list(PLAIN.drawings(TABLE))
    assert [(drawing.name, drawing.title, drawing.table.x.tolist()) for drawing in drawings] == [
        ("plain-adding-5", "Plain, adding, lag 5", [0, 1]),
        ("plain-adding-9", "Plain, adding, lag 9", [2, 3]),
        ("plain-copy-memory-2", "Plain, copy memory, lag 2", [4, 5]),
    ]
    assert all(drawing.canvas.get_suptitle() == drawing.title and "Where is the dot? A dot." in drawing.svg() for drawing in drawings)
    assert [drawing.table.x.tolist() for drawing in replace(PLAIN, split=()).drawings(TABLE)] == [[0, 1, 2, 3, 4, 5]]
    assert not list(replace(PLAIN, split=()).drawings(TABLE[:0])) and not list(PLAIN.drawings(TABLE[:0]))


def test_drawing_leaves_no_figure_open_and_no_setting_behind():
    before = dict(matplotlib.rcParams)
    list(PLAIN.drawings(TABLE))
    assert pyplot.get_fignums() == [] and dict(matplotlib.rcParams) == before


def test_a_panel_with_data_that_shows_nothing_is_an_error_that_names_it():
    broken = replace(PLAIN, draw=lambda table: draw(table, models=("rnn",)))
    with pytest.raises(BlankPanel, match="the figure 'Plain, adding, lag 5' draws nothing in its panel 'lstm', though its table has 2 rows"):
        list(broken.drawings(TABLE))


def test_the_panels_of_a_figure_are_as_wide_together_whatever_their_number():
    widths = [facets(TABLE.assign(model=np.arange(6) % number), "model", 1.0).figure.get_size_inches()[0] for number in (3, 4, 6)]
    assert np.ptp(widths) < 1e-6


def test_the_page_shows_the_longest_lag_of_each_task_where_all_would_be_too_many():
    assert longest_lags(TABLE).x.tolist() == [2, 3, 4, 5]
    assert PLAIN.page(TABLE) is TABLE
    assert longest_lags(TABLE[:0]).empty


def test_every_figure_says_what_it_answers_and_how_to_read_it():
    assert len(FIGURES.names) >= 7 and all(len(figure.caption) > 80 and figure.question.endswith("?") for figure in FIGURES)
