"""The gradient through time as it trains: three conditions side by side, with a slider over the probes."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import Panel
from unvanish.reports.figures.gradients import DECADES
from unvanish.reports.pages.sections.section import PIXELS, Content, Section, svg

WANTED = (("rnn", "none"), ("rnn", "gradient_clipping"), ("lstm", "none"))  # what a reader compares first: the disease, a cure, another cell
WIDE = 1.4  # times the usual size: these are looked at together
WIDTH, HEIGHT = 100.0, 40.0  # of the box a profile is drawn in


@dataclass(frozen=True)
class Probed:
    """A condition on the page: its heat map and, for each probe, the profile of the gradient and what arrives at the information's step."""

    model: str
    mitigation: str
    svg: Future[str]
    steps: list[int]
    profiles: list[str]
    arrives: list[str]

    @property
    def frames(self) -> str:
        return json.dumps({"steps": self.steps, "profiles": self.profiles, "arrives": self.arrives}, separators=(",", ":"))


def content(data: Benchmark) -> Content | None:
    figure = FIGURES["gradients"]
    table = figure.on_page(figure.table(data))
    if table.empty:
        return None
    tasks: list[dict[str, Any]] = []
    for (task, lag), rows in table.groupby(["task", "lag"], sort=False):
        panels = {(panel.key["model"], panel.name): panel for panel in figure.panels(rows)}
        shown = [probed(panels[pair]) for pair in chosen(list(panels))]
        tasks.append({"task": task, "lag": lag, "shown": shown, "width": round(WIDE * PIXELS * figure.width(rows))})
    probes = max(len(one.steps) for entry in tasks for one in entry["shown"])
    return {"figure": figure, "tasks": tasks, "probes": probes, "height": HEIGHT, "decades": DECADES}


def chosen(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Up to three of the conditions that have a gradient: those that are wanted, filled up with the first others."""
    wanted = [pair for pair in WANTED if pair in pairs]
    return (wanted + [pair for pair in pairs if pair not in wanted])[: len(WANTED)]


def probed(panel: Panel) -> Probed:
    ratios = panel.rows.pivot(index="step", columns="steps_back", values="ratio")
    distance = int(panel.rows.information_distance.iloc[0])
    return Probed(
        model=str(panel.key["model"]),
        mitigation=str(panel.name),
        svg=svg("gradients", panel),
        steps=[int(step) for step in ratios.index],
        profiles=[profile(row) for _, row in ratios.iterrows()],
        arrives=[in_words(row.get(distance, np.nan)) for _, row in ratios.iterrows()],
    )


def profile(ratios: pd.Series) -> str:
    """The points of a line of the logarithm of the ratio against the steps back, the end of the sequence at the right; it ends where the ratio is zero."""
    low, high = DECADES
    with np.errstate(divide="ignore"):
        powers = np.clip(np.nan_to_num(np.log10(ratios.to_numpy(dtype=float)), posinf=high, neginf=-np.inf), low - 1, high)
    last = max(len(powers) - 1, 1)
    points = [(WIDTH * (1 - back / last), HEIGHT * (high - power) / (high - low)) for back, power in enumerate(powers) if power >= low]
    return " ".join(f"{x:.4g},{y:.3g}" for x, y in points)


def in_words(ratio: float) -> str:
    """A ratio for a sentence."""
    if np.isnan(ratio):
        return "unknown"
    return "without bound" if np.isinf(ratio) else "0" if ratio == 0 else f"{ratio:.1e}" if ratio < 0.001 or ratio >= 1000 else f"{ratio:.2g}"


SECTION = Section(
    name="gradients",
    title="See it happen: the gradient through time",
    short="Gradient",
    position=80,
    content=content,
    template="""
<p>How much of the gradient at the end of a sequence arrives further back, as training goes on. Move the slider through the training.</p>
<figure class="through-time" data-probes="{{ probes }}">
<p class="slider" hidden><label for="probe">probe</label> <input id="probe" type="range" min="0" max="{{ probes - 1 }}" value="{{ probes - 1 }}" step="1"></p>
{% for task in tasks %}
<h3>{{ task.task|words }}, lag {{ task.lag }}</h3>
<div class="panels" style="--width: {{ task.width }}px">
{% for one in task.shown %}
<div class="probed" data-frames='{{ one.frames }}'>
<div class="map">{{ one.svg.result()|safe }}</div>
<div class="profile" aria-hidden="true"><svg viewBox="0 0 100 {{ height }}" preserveAspectRatio="none"><line x1="0" x2="100" y1="{{ height * decades[1] / (decades[1] - decades[0]) }}" y2="{{ height * decades[1] / (decades[1] - decades[0]) }}"/><polyline points="{{ one.profiles[-1] }}"/></svg></div>
<p class="readout">step <b class="step">{{ one.steps[-1] }}</b>: <b class="arrives">{{ one.arrives[-1] }}</b> of it arrives at the information</p>
</div>
{% endfor %}
</div>
{% endfor %}
<figcaption>{{ figure.caption }} Below each map is the profile at one probe, on a logarithmic scale from 1e{{ decades[0] }} to 1e{{ decades[1] }}; the thin line is 1, as large as at the end.</figcaption>
</figure>
""",
)
