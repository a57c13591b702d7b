"""The page: one self-contained HTML file made from tables alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from reports.conditions import NOT_APPLICABLE, NOT_RUN
from reports.dataset import Dataset
from reports.figures import FIGURES, Figure
from reports.figures.figure import heading
from reports.figures.rows import ordered
from suite.account import table
from suite.diagnosis import DIAGNOSES
from suite.plan import group_reasons

PIXELS = 100  # of the page an inch
TEMPLATES = Path(__file__).parent / "templates"


def contents(data: Dataset) -> dict[str, Any]:
    """All that the page says and shows of a benchmark."""
    plan, summary, evaluated = data.plan, data.conditions, data.evaluated
    figures = [(figure, drawn(figure, data)) for figure in FIGURES]
    return {
        "plan": plan,
        "profile": plan["profile"],
        "context": data.context,
        "counts": plan["counts"],
        "done": int((~summary.state.isin([NOT_RUN, NOT_APPLICABLE])).sum()),
        "failed": int((data.trials.status == "failed").sum()),
        "solved": int((evaluated.diagnosis == "solved").sum()),
        "tried": len(evaluated),
        "diagnoses": [(word, meaning, int((evaluated.diagnosis == word).sum())) for word, meaning in DIAGNOSES.items()],
        "source": data.claims,
        "conditions": summary,
        "figures": [(figure, rows) for figure, rows in figures if rows],
        "overall": records(data.overall),
        "tasks": [section(task, data) for task in dict.fromkeys(entry["task"] for entry in plan["tasks"])],
        "tested": bool(summary.p.notna().any()),
        "hours": data.trials.seconds.sum() / 3600,
    }


def render(contents: dict[str, Any], metrics: dict[str, float]) -> str:
    """The whole page; the metrics of the benchmark's run say where its time went, the drawing of the contents included."""
    time = table(metrics)
    overhead = sum(row.share for row in time if row.overhead)
    return environment().get_template("report.html").render(contents, time=time, overhead=overhead, metrics=metrics)


def environment() -> jinja2.Environment:
    """Where the pages' templates are, and the filters they use."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    made.filters |= {"number": number, "share": share}
    return made


def section(task: str, data: Dataset) -> dict[str, Any]:
    """What the page says of one task."""
    plan = data.plan
    mine = data.conditions[data.conditions.task == task]
    hopeless = [entry for entry in plan["conditions"] if entry["task"] == task and entry["cannot_work"]]
    return {
        "name": task,
        "notes": group_reasons(hopeless, "cannot_work"),
        "facts": [entry for entry in plan["tasks"] if entry["task"] == task],
        "conditions": records(ordered(mine, data)),
        "references": records(data.references[data.references.task == task]),
    }


@dataclass
class PanelRow:
    """A row of panels on the page: its heading, the SVG of each, and the width in pixels at which their letters are of normal size."""

    heading: str
    width: int
    panels: list[str]


def drawn(figure: Figure, data: Dataset) -> list[PanelRow]:
    """The panels of a figure that the page shows; raises `BlankPanel`."""
    rows: dict[str, PanelRow] = {}
    for panel in figure.panels(figure.on_page(figure.table(data))):
        row = rows.setdefault(heading(panel.key), PanelRow(heading(panel.key), round(PIXELS * figure.width(panel.group)), []))
        row.panels.append(figure.svg(panel))
    return list(rows.values())


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def number(value: float | None, digits: int = 3) -> str:
    """A figure for a table: a dash where there is none, no needless digits."""
    return "–" if value is None else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """A share in per cent: a dash for none at all, so that a little is not mistaken for nothing."""
    if not value:
        return "–"
    return f"{100 * value:.0f} %" if value >= 0.01 else "< 1 %"
