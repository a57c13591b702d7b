"""The gradient through time as it trains: three conditions side by side, with a slider over the probes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.figures.figure import words
from unvanish.reports.figures.gradients import DECADES
from unvanish.reports.pages.sections.section import Content, Section, figure_content

LEAD = "How much of the gradient at the end of a sequence arrives further back, as training goes on."


def content(data: Excerpt) -> Content | None:
    """Return the heat maps, and the profile of each of their rows for the page's script."""
    figure = figure_content(FIGURES["gradients"], data, LEAD)
    if figure is None:
        return None
    conditions = [
        profiles(rows) for drawing in figure["drawings"] for _, rows in drawing.table.groupby(["task", "lag", "model", "mitigation"], sort=False, observed=True)
    ]
    return figure | {
        "profiles": {"decades": DECADES, "conditions": conditions},
        "decades": DECADES,
        "probes": max(len(condition["steps"]) for condition in conditions),
    }


def profiles(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the steps of the probes of one condition, and for each of them the power of ten of the ratio at each step back, null where it is zero."""
    first = rows.iloc[0]
    ratios = rows.pivot(index="step", columns="steps_back", values="ratio")
    distance = int(first.information_distance)
    with np.errstate(divide="ignore"):
        powers = np.log10(ratios.to_numpy(dtype=float)).clip(max=DECADES[1])
    return {
        "title": f"{words(first.task)}, lag {first.lag}: {words(first.model)}, {words(first.mitigation)}",
        "distance": distance,
        "steps": [int(step) for step in ratios.index],
        "powers": [[round(float(power), 1) if power >= DECADES[0] else None for power in probe] for probe in powers],
        "arrives": [format_ratio(row.get(distance, np.nan)) for _, row in ratios.iterrows()],
    }


def format_ratio(ratio: float) -> str:
    """Return a ratio for a sentence."""
    if np.isnan(ratio):
        return "unknown"
    return "without bound" if np.isinf(ratio) else "0" if ratio == 0 else f"{ratio:.1e}" if ratio < 0.001 or ratio >= 1000 else f"{ratio:.2g}"


SECTION = Section(name="gradients", title="See it happen: the gradient through time", short="Gradient", position=80, content=content)
