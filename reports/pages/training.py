"""The page of a diagnosed Keras training: what is wrong with it, and the course of its loss and gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

import matplotlib
import pandas as pd
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unvanish.reports.figures.style import ACCENT, DASHED, FAINT, STYLE, WARM
from unvanish.reports.figures.svg import as_svg
from unvanish.reports.figures.tried_fixes import skill_curves
from unvanish.reports.pages.templating import render_page
from unvanish.reports.shown_text import drawn

WIDTH, HEIGHT, BAR_HEIGHT = 4.6, 2.4, 0.25  # inches of a figure, and of a bar in it
MAX_POINTS = 400  # of a curve, since a browser draws no more than the figure has pixels
WHEN = {"before training": ACCENT, "at the end": WARM}


def render(content: Mapping[str, Any]) -> str:
    """Return one self-contained HTML file, from the plain data of a diagnosis."""
    record = content["record"]
    probes = record["probes"]
    layers = [layer["name"] for layer in record["setup"]["layers"]]
    figures = [*loss_over_steps(record["losses"], mean(record["end"]["constant"]) if record["end"] else None)]
    if probes:
        first, last = probes[0], probes[-1]
        figures += gradient_through_time(first["state_gradient"], last["state_gradient"])
        figures += gradient_by_layer({name: first["layer_gradient"][name] for name in layers if name in first["layer_gradient"]})
    tried = content.get("tried")
    curves = list(skill_curves(tried)) if tried and not tried["note"] else []
    styles = ("report.css", "explain.css", "training.css")
    return render_page("training.html", styles, c=content, record=record, figures=figures, tried=tried, skill_curves=curves)


def loss_over_steps(losses: Sequence[float | None], constant: float | None) -> Iterator[Markup]:
    """Draw the loss of every training batch [step], and that of the best constant prediction; None where a loss is not finite."""
    table = pd.DataFrame({"step": range(1, len(losses) + 1), "loss": pd.Series(losses, dtype=float)})
    positive = table[table.loss > 0]
    if positive.empty:
        return
    title, (figure, axes) = "Loss of each training batch", new_figure(HEIGHT)
    with matplotlib.rc_context(STYLE):
        sns.lineplot(positive[:: ceil(len(positive) / MAX_POINTS)], x="step", y="loss", ax=axes, color=ACCENT, marker="o" if len(positive) == 1 else None)
        if constant:
            axes.axhline(constant, color=FAINT, linestyle=DASHED, linewidth=0.9)
            axes.annotate(
                "best constant prediction", (1.0, constant), xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points", ha="right"
            )
        axes.set(yscale="log", xlabel="training step", ylabel="loss", title=title, xlim=(1, max(len(losses), 2)))
    first, last = positive.iloc[0], positive.iloc[-1]
    compared = f"; the best constant prediction reaches {constant:.3g}." if constant else "."
    yield as_svg(figure, "loss", title, f"From {first.loss:.3g} at step {first.step:.0f} to {last.loss:.3g} at step {last.step:.0f}{compared}")


def gradient_through_time(before: Mapping[str, Sequence[float | None]], after: Mapping[str, Sequence[float | None]]) -> Iterator[Markup]:
    """Draw for each recurrent layer the gradient's norm at the state of each time step, before training and at the last measurement."""
    for number, name in enumerate(before):
        curves = dict(zip(WHEN, (before[name], after.get(name, [])), strict=True))
        rows = [{"when": when, "time": time, "norm": norm} for when, norms in curves.items() for time, norm in enumerate(norms, 1)]
        table = pd.DataFrame(rows, columns=["when", "time", "norm"]).astype({"norm": float})
        positive = table[table.norm > 0]
        if positive.empty or table.time.max() < 2:
            continue
        title, (figure, axes) = f"Gradient through time, {name}", new_figure(HEIGHT)
        with matplotlib.rc_context(STYLE):
            sns.lineplot(positive, x="time", y="norm", hue="when", palette=WHEN, hue_order=list(WHEN), ax=axes, estimator=None)
            axes.set(yscale="log", xlabel="time step", ylabel="gradient norm", title=drawn(title), xlim=(1, table.time.max()))
            axes.legend(title=None)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        ends = "; ".join(f"{when}: {norms[0] or 0:.1e} at the first step, {norms[-1] or 0:.1e} at the last" for when, norms in curves.items() if norms)
        yield as_svg(figure, f"time-{number}", title, f"Norm of the gradient with respect to the state, {ends}.")


def gradient_by_layer(norms: Mapping[str, float | None]) -> Iterator[Markup]:
    """Draw the gradient's norm of each layer before training, a bar a layer, in the order in which the model calls them."""
    table = pd.DataFrame({"layer": list(map(drawn, norms)), "norm": pd.Series(list(norms.values()), dtype=float)})
    positive = table.norm[table.norm > 0]
    if positive.empty:
        return
    title, (figure, axes) = "Gradient by layer, before training", new_figure(0.9 + BAR_HEIGHT * len(table))
    low = 10.0 ** floor(log10(positive.min()) - 0.5)  # below the smallest, so that it has a bar too
    with matplotlib.rc_context(STYLE):
        sns.barplot(table.assign(norm=table.norm.clip(lower=low)), x="norm", y="layer", ax=axes, color=ACCENT, saturation=1, width=0.65)
        axes.set(xscale="log", xlim=(low, None), xlabel="gradient norm", ylabel="", title=title)
        for row, norm in enumerate(table.norm):
            if not norm > 0:
                axes.annotate("exactly 0" if norm == 0 else "not finite", (low, row), xytext=(3, 0), textcoords="offset points", va="center")
    known = "; ".join(f"{name} {'not finite' if norm is None else format(norm, '.2g')}" for name, norm in norms.items())
    yield as_svg(figure, "layers", title, f"Norms from the first layer to the last: {known}.")


def new_figure(height: float) -> tuple[Figure, Axes]:
    """Return an empty figure of this height in inches with one panel."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        return figure, figure.subplots()


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are known; None where it is not above zero, and has no place on a logarithmic axis."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and sum(known) > 0 else None
