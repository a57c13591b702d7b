"""The page that explains: every figure in its tables is computed again, by Keras; it stands alone and can be read by everybody."""

import math
import re
from html.parser import HTMLParser
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from matplotlib.figure import Figure
from scipy.stats import binomtest

from tests.support.markdown import ROOT
from tests.support.twin import one_update, twin
from unvanish.reports.figures.explanation import DayPanel, draw_days
from unvanish.reports.pages.explanation import command, render, typeset
from unvanish.reports.pages.templating import TEMPLATES
from unvanish.suite.explain.explanation import explain
from unvanish.suite.explain.schedule import ROTATION


class Fixed(NamedTuple):
    """A figure with so many decimals."""

    value: float
    decimals: int = 3

    def agrees(self, shown):
        return abs(number(shown) - self.value) <= 0.50001 * 10.0**-self.decimals and len(shown.partition(".")[2]) == self.decimals


class Significant(NamedTuple):
    """A figure with so many significant digits; zero is exactly that."""

    value: float
    digits: int = 3

    def agrees(self, shown):
        if self.value == 0 or shown == "0":
            return shown == "0" and self.value == 0
        unit = 10.0 ** (math.floor(math.log10(abs(self.value))) - self.digits + 1)
        return abs(number(shown) - self.value) <= 0.501 * unit


def number(shown):
    """-8.67·10^-7 as a float."""
    mantissa, _, exponent = shown.replace("\N{MINUS SIGN}", "-").partition("·10^")
    return float(f"{mantissa}e{exponent or 0}")


class Tables(HTMLParser):
    """The cells of the bodies of all tables by id, without the headers of the rows; a raised exponent is written ^2."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell, self.body = {}, None, False

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.rows = self.tables[dict(attributes)["id"]] = []
        self.body = self.body or tag == "tbody"
        if tag == "tr" and self.body:
            self.rows.append([])
        if tag == "td" and self.body:
            self.cell = ""
        if tag == "sup" and self.cell is not None:
            self.cell += "^"

    def handle_endtag(self, tag):
        if tag == "tbody":
            self.body = False
        if tag == "td" and self.cell is not None:
            self.rows[-1].append(self.cell.strip())
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def tables_of(page):
    parser = Tables()
    parser.feed(page)
    return parser.tables


@pytest.fixture(scope="module")
def explanation():
    return explain()


@pytest.fixture(scope="module")
def page(explanation):
    return render(explanation)


def expected_tables(explanation):
    """What each table must say, from the printed weights alone."""
    worked = explanation.worked
    W_x, W_h, b_h, W_y, b_y = weights = worked.weights
    example = worked.example
    last_day = np.eye(example.length)[-1]
    keras = twin(weights, example.x, example.actual, last_day)
    h, y, x = keras.h[:, 0], keras.y[:, 0], example.x[:, 0]
    names = [ROTATION[i] for i in y.argmax(axis=1)]
    due = [ROTATION[i] for i in example.actual[:, 0].argmax(axis=1)]
    dE_dh = keras.state_gradient[:, 0]
    norms = np.linalg.norm(dE_dh, axis=1)
    expected = {name: [[Fixed(value, 2) for value in row] for row in np.atleast_2d(weight)] for name, weight in weights._asdict().items()}
    expected["b_h"], expected["b_y"] = ([[Fixed(value, 2)] for value in bias] for bias in (b_h, b_y))
    for t in (0, 1, 3):
        before = h[t - 1] if t else np.zeros_like(h[0])
        parts = (W_x @ x[t], W_h @ before, b_h)
        expected[f"step-{t}"] = [[Fixed(value) for value in row] for row in np.stack([*parts, sum(parts), h[t]], axis=1)]
    expected["output-0"] = [[Fixed(value) for value in row] for row in np.stack([W_y @ h[0], b_y, y[0]], axis=1)]
    expected["days"] = [[ROTATION[x[t].argmax()] if x[t].any() else "missed", *map(Fixed, h[t]), *map(Fixed, y[t]), names[t], due[t]] for t in range(len(h))]
    all_days = twin(weights, worked.rotations.x, worked.rotations.actual, last_day).y[-1]
    without = twin(weights, worked.rotations.x[-1:], worked.rotations.actual[-1:], np.ones(1)).y[-1]
    last_due = worked.rotations.actual[-1].argmax(axis=1)
    expected["without"] = [[ROTATION[a], ROTATION[b.argmax()], ROTATION[c.argmax()]] for a, b, c in zip(last_due, all_days, without, strict=True)]
    expected["gradients"] = [
        [*map(Significant, dE_dh[t]), Significant(norms[t]), Fixed(norms[t] / norms[t + 1]) if t + 1 < len(h) else "", *map(Fixed, 1 - h[t] ** 2)]
        for t in reversed(range(len(h)))
    ]
    first = explanation.studies[0].case.weights
    expected["case-W_x"] = [[Significant(value, 6) for value in row] for row in first.W_x]
    expected["case-W_y"] = [[Fixed(value, 2) for value in row] for row in first.W_y]
    updates = {(study.case.kind, cure.name): one_update(cure.name, study.case) for study in explanation.studies for cure in study.cures}
    for study in explanation.studies:
        kind, plain = study.case.kind, updates[study.case.kind, "none"]
        old = Significant(plain["new_weight"] - plain["change"], 6)
        rows = {cure.name: updates[kind, cure.name] for cure in study.cures}
        columns = [Fixed(plain["error"], 5), Significant(plain["gradient"]), Significant(plain["change"]), Significant(plain["new_weight"], 6)]
        expected[kind] = [[cell] for cell in (old, *columns, Fixed(plain["error_after"], 5), Significant(plain["gradient_after"]))]
        expected[f"{kind}-cures"] = [
            [
                Fixed(row["error"], 5),
                Significant(row["gradient"]),
                Significant(row["gradient_norm"]),
                Significant(row["change"]),
                Significant(row["new_weight"], 6),
                Fixed(row["error_after"], 5) if row["error_after"] < 1000 else Significant(row["error_after"]),
                Significant(row["gradient_after"]),
            ]
            for row in rows.values()
        ]
    hook_points = {
        "none": "–",
        "truncated_bptt": "backward pass through time",
        "gradient_clipping": "gradient",
        "rmsprop": "update",
        "relu": "cell",
        "lstm": "cell",
    }
    expected["overview"] = [
        [
            hook_point,
            *(cell for kind in ("vanishing", "exploding") for change in [updates[kind, name]["change"]] for cell in (Significant(change), size(change))),
        ]
        for name, hook_point in hook_points.items()
    ]
    expected["products"] = [[Significant(w**20), Significant(derivative(w, 0.001)), Significant(derivative(w, 0.5))] for w in (0.5, 0.9, 1.0, 1.1, 1.4, 1.8)]
    conditions = pd.read_csv(ROOT / "docs" / "reference" / "conditions.csv").query("state == 'run'")
    ends = conditions.groupby("task").lag.agg(["min", "max"])
    expected["measured-cures"] = []
    for cure in explanation.studies[0].cures:
        model, mitigation = ("lstm", "none") if cure.name == "lstm" else ("rnn", cure.name)
        mine = conditions[(conditions.model == model) & (conditions.mitigation == mitigation)]
        counts = [mine[mine.lag == mine.task.map(ends[end])][["n_solved", "n_trials"]].sum() for end in ("min", "max")]
        intervals = [binomtest(int(solved), int(trials)).proportion_ci(method="wilson") for solved, trials in map(tuple, counts)]
        told = [f"{solved} of {trials} [{low:.2f}, {high:.2f}]" for (solved, trials), (low, high) in zip(map(tuple, counts), intervals, strict=True)]
        expected["measured-cures"].append([*told, *(size(updates[kind, cure.name]["change"]) for kind in ("vanishing", "exploding"))])
    return expected


def size(change):
    return "zero" if change == 0 else "too small" if abs(change) < 1e-5 else "too large" if abs(change) > 1 else "usable"


def derivative(w, start):
    """Of twenty times tanh(w h), by automatic differentiation."""
    first = tf.constant(start, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(first)
        h = first
        for _ in range(20):
            h = tf.tanh(w * h)
    return float(tape.gradient(h, first))


def test_every_figure_of_every_table_is_what_keras_computes_from_the_printed_weights(explanation, page):
    assert_computed_by_keras(explanation, page)


@pytest.mark.slow
def test_so_is_every_figure_of_a_network_of_another_size():
    other = explain(seed=3, hidden=2, long_lag=35)
    assert_computed_by_keras(other, render(other))


def assert_computed_by_keras(explanation, page):
    shown, expected = tables_of(page), expected_tables(explanation)
    assert shown.keys() == expected.keys()
    for name, rows in expected.items():
        assert [len(row) for row in shown[name]] == [len(row) for row in rows], name
        for row, (cells, wanted) in enumerate(zip(shown[name], rows, strict=True)):
            for column, (cell, value) in enumerate(zip(cells, wanted, strict=True)):
                agrees = cell == value if isinstance(value, str) else value.agrees(cell)
                assert agrees, f"{name}, row {row}, column {column}: shown {cell}, computed {value}"


def test_the_page_stands_alone(page):
    """No address outside, nothing that has to be fetched, by the script either."""
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import|fetch\(|XMLHttpRequest|import\(', page) == []
    assert set(re.findall(r"https?://[^\s\"')]+", page)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, not addresses
    assert len(page) < 500_000


def test_the_page_is_well_formed_and_every_reference_leads_somewhere(page):
    class Balance(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.ids, self.references, self.named = [], [], [], []

        def handle_starttag(self, tag, attributes):
            found = dict(attributes)
            self.ids += [found["id"]] if "id" in found else []
            self.references += [name.lstrip("#") for attribute in ("aria-labelledby", "href", "for") for name in found.get(attribute, "").split()]
            if found.get("role") in ("group", "img"):
                self.named.append("aria-label" in found or "aria-labelledby" in found)
            if "tabindex" in found:
                self.named.append(found.get("role") == "group")
            if tag not in {"meta", "br", "input"}:
                self.open.append(tag)

        def handle_startendtag(self, tag, attributes):
            pass

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.references) <= set(parser.ids)
    assert parser.named and all(parser.named)


def test_what_needs_the_script_is_hidden_without_it_and_a_table_says_the_same(page):
    assert '<div id="try-controls" hidden>' in page
    assert "products" in tables_of(page)


def test_a_page_is_the_same_byte_for_byte_for_the_same_arguments(page):
    assert render(explain()) == page


def test_the_command_on_the_page_makes_it_again(explanation, page):
    assert command(explanation) == "unvanish explain" and "<code>unvanish explain</code>" in page
    assert command(explain(lag=3, seed=2)) == "unvanish explain --lag 3 --seed 2"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def mix(colour, share, paper):
    """A colour in a share of it on paper, as `color-mix` in sRGB."""
    parts = [(int(each[i : i + 2], 16) for i in (1, 3, 5)) for each in (colour, paper)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in zip(*parts, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_a_contrast_of_at_least_4_5_on_every_ground_it_stands_on(scheme):
    blocks = re.findall(r":root \{([^}]*)\}", (TEMPLATES / "report.css").read_text())
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[scheme]))
    colours["tint-1"] = mix(colours["accent"], 0.13, colours["paper"])
    grounds = {"paper": ("ink", "faint", "accent", "warm", "good"), "soft": ("ink", "faint"), "tint-1": ("ink",)}
    for ground, inks in grounds.items():
        for ink in inks:
            light, dark = sorted((luminance(colours[ground]), luminance(colours[ink])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


def test_a_bar_is_as_long_as_the_logarithm_of_what_it_shows():
    axes = Figure().add_subplot()
    draw_days(axes, DayPanel("title", "vanishing", np.array([0.0, 1e-4, 1e-2, 1.0, 100.0]), 1))
    ends = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches]
    assert axes.get_yscale() == "log" and ends == [pytest.approx((1, value)) for value in (1e-4, 1e-2, 1.0, 100.0)]  # zero has no bar
    assert "exactly 0" in [text.get_text() for text in axes.texts]


def test_a_sentence_is_set_with_symbols_powers_and_minus_signs_and_is_escaped():
    assert typeset("W_h g' -1.5 4e-18 0.9^20 <b>") == "<var>W<sub>h</sub></var> <var>g</var>′ −1.5 4·10<sup>−18</sup> 0.9<sup>20</sup> &lt;b&gt;"
    assert typeset("2e+06, see -- and well-known") == "2·10<sup>6</sup>, see -- and well-known"
