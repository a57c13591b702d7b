"""The heat maps, with the curves behind each cell."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures import FIGURES, learning, success
from unvanish.reports.figures.marks import FEW_SEEDS, quantile
from unvanish.reports.pages.sections.section import Content, Section, panels
from unvanish.reports.tables.conditions import KEY

POINTS, HEIGHT = 30, 100  # of a curve behind a cell; the height of its box, in which losses are whole numbers


def content(data: Benchmark) -> Content | None:
    rows = panels(FIGURES["success"], data)
    return {"figure": FIGURES["success"], "rows": rows, "curves": json.dumps(curves(data), separators=(",", ":"))} if rows else None


def curves(data: Benchmark) -> dict[str, Any]:
    """By the id of a condition: its last step, the height of the baseline, and a line a trial (or three of the quartiles) of losses from the top of the box."""
    table = learning.table(data)
    found = {}
    for key, rows in table.groupby(KEY, sort=False):
        losses = rows.pivot(index="step", columns="seed", values="loss")
        kept = losses.iloc[np.unique(np.linspace(0, len(losses) - 1, min(POINTS, len(losses))).round().astype(int))]
        lines = kept if kept.shape[1] <= FEW_SEEDS else pd.concat([quantile(kept, share) for share in (0.25, 0.5, 0.75)], axis=1)
        top = learning.TOP * rows.baseline.iloc[0]
        heights = (HEIGHT * (1 - lines.clip(upper=top) / top)).round()
        identity = success.anchor(*key)
        found[identity] = {"end": int(kept.index[-1]), "lines": [[None if np.isnan(y) else int(y) for y in column] for column in heights.T.to_numpy()]}
    return found


SECTION = Section(
    name="success",
    title="Every lag, network and mitigation",
    short="Heat maps",
    position=40,
    content=content,
    template="""
{% from "panels.html" import panels %}
<p>Point at a cell, or move to it with the tab key, to see its learning curves; it leads to the row of its condition.</p>
<figure>
{% for row in rows %}
{{ panels(row) }}
{% endfor %}
<figcaption>{{ figure.caption }}</figcaption>
</figure>
<div id="curves-card" role="status" hidden></div>
<script type="application/json" id="curves">{{ curves|safe }}</script>
""",
)
