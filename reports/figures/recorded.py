"""The predictions of the best network and the best simple predictor on the test part of recorded data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot
from matplotlib.figure import Figure as Canvas

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.figure import Figure
from unvanish.reports.figures.style import DASHED, FAINT
from unvanish.suite.recorded import RecordedAnswer

MAX_ROWS = 200  # the latest ones that are drawn of a number
MAX_CLASSES = 20  # the most frequent ones that are drawn
ACTUAL, NETWORK, SIMPLE = "actual", "network", "best simple predictor"


def table(data: Benchmark) -> pd.DataFrame:
    """Return a row a test row, or class, and series: its value, and the range over the seeds."""
    answers = [answer for answer in data.recorded if answer.actual]  # a text has no predictions, but probabilities
    rows = [row for answer in answers for row in (class_rows(answer) if answer.classes else number_rows(answer))]
    return pd.DataFrame(rows, columns=["task", "lag", "target", "kind", "x", "series", "value", "low", "high", "in_order"])


def number_rows(answer: RecordedAnswer) -> Iterator[dict[str, object]]:
    """Yield the actual values, and the predictions of the network and the best simple predictor, of the last test rows."""
    shared = {"task": answer.task, "lag": answer.lag, "target": answer.target, "kind": "number", "in_order": answer.in_order}
    first = max(len(answer.actual) - MAX_ROWS, 0)
    for series, predictions in ((ACTUAL, [answer.actual]), (SIMPLE, answer.simple.predictions), (NETWORK, answer.network.predictions)):
        by_seed = np.array(predictions)[:, first:]
        for row, values in enumerate(by_seed.T, first + 1):
            yield shared | {"x": str(row), "series": series, "value": values.mean(), "low": values.min(), "high": values.max()}


def class_rows(answer: RecordedAnswer) -> Iterator[dict[str, object]]:
    """Yield the share of the test rows of each class that the network and the best simple predictor get right."""
    shared = {"task": answer.task, "lag": answer.lag, "target": answer.target, "kind": "class", "in_order": answer.in_order}
    actual = np.array(answer.actual).astype(int)
    counts = np.bincount(actual, minlength=len(answer.classes))
    for label in np.argsort(-counts, kind="stable")[:MAX_CLASSES]:
        if not counts[label]:
            continue
        for series, candidate in ((SIMPLE, answer.simple), (NETWORK, answer.network)):
            recalls = (np.array(candidate.predictions)[:, actual == label] == label).mean(axis=1)
            x = f"{answer.classes[label]} ({counts[label]})"
            yield shared | {"x": x, "series": series, "value": recalls.mean(), "low": recalls.min(), "high": recalls.max()}


def draw(table: pd.DataFrame) -> Canvas:
    """Draw lines over the test rows for a number, and dots a class."""
    return draw_classes(table) if (table.kind == "class").all() else draw_numbers(table)


def draw_numbers(table: pd.DataFrame) -> Canvas:
    """Draw the actual values and the predictions over the test rows."""
    canvas, axes = pyplot.subplots(figsize=(7, 3))
    shown = table.assign(row=table.x.astype(int))
    dashes = {ACTUAL: "", NETWORK: "", SIMPLE: (2, 2)}
    sns.lineplot(shown, x="row", y="value", hue="series", style="series", dashes=dashes, hue_order=[ACTUAL, SIMPLE, NETWORK], errorbar=None, ax=axes)
    network = shown[shown.series == NETWORK]
    axes.fill_between(network.row, network.low, network.high, alpha=0.25, color=axes.lines[2].get_color(), linewidth=0)
    axes.set(xlabel="test row, in order" if table.in_order.all() else "test row", ylabel=str(table.target.iloc[0]))
    axes.legend(title=None, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncol=3)
    return canvas


def draw_classes(table: pd.DataFrame) -> Canvas:
    """Draw the recall of each class."""
    canvas, axes = pyplot.subplots(figsize=(7, 0.9 + 0.32 * table.x.nunique()))
    sns.pointplot(table, x="value", y="x", hue="series", hue_order=[SIMPLE, NETWORK], dodge=0.3, linestyle="none", errorbar=None, ax=axes)
    for series, offset in ((SIMPLE, -0.15), (NETWORK, 0.15)):
        part = table[table.series == series]
        axes.hlines(np.arange(len(part)) + offset, part.low, part.high, color=FAINT, linewidth=1)
    axes.axvline(1, color=FAINT, linestyle=DASHED, linewidth=0.9)
    axes.set(xlabel="share of the test rows of the class that is predicted", ylabel="", xlim=(-0.03, 1.03))
    axes.legend(title=None, loc="upper center", bbox_to_anchor=(0.5, -0.55 / (0.9 + 0.32 * table.x.nunique())), ncol=2)
    return canvas


FIGURE = Figure(
    name="recorded",
    title="Predictions on the test part",
    question="What does the network predict on rows that it was not trained on, and what does the best simple predictor?",
    caption=(
        "A number: actual values and predictions, the latest 200 test rows; the band is the range over the evaluation seeds. A class: the share of its test "
        "rows, whose number is in parentheses, that is predicted; thin lines are the range over the seeds."
    ),
    position=9,
    table=table,
    draw=draw,
)
