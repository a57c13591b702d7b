"""The page: one self-contained HTML file made from tables alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from reports import untrained
from reports.conditions import NOT_APPLICABLE, NOT_RUN
from reports.dataset import Dataset
from reports.figures import FIGURES, Figure
from reports.figures.figure import OverallResults, Results, TaskResults
from reports.statistics import tuning
from suite.account import table
from suite.diagnosis import DIAGNOSES
from suite.plan import group_reasons

TEMPLATES = Path(__file__).parent / "templates"


def contents(data: Dataset) -> dict[str, Any]:
    """All that the page says and shows of a benchmark."""
    plan, summary, evaluated = data.plan, data.conditions, data.evaluated
    of_all = OverallResults("all tasks", plan["profile"]["models"], plan["profile"]["mitigations"], data.overall)
    return {
        "plan": plan,
        "profile": plan["profile"],
        "context": data.context,
        "counts": plan["counts"],
        "tuning_trials": int((data.tuned.status == "finished").sum()),
        "done": int((~summary.state.isin([NOT_RUN, NOT_APPLICABLE])).sum()),
        "failed": int((data.trials.status == "failed").sum()),
        "solved": int((evaluated.diagnosis == "solved").sum()),
        "tried": len(evaluated),
        "diagnoses": [(word, meaning, int((evaluated.diagnosis == word).sum())) for word, meaning in DIAGNOSES.items()],
        "source": records(data.claims),
        "untrained": untrained.sentence(data.untrained),
        "tuning": tuning.sentence(data.conditions),
        "conditions": summary,
        "overall": {"figures": drawn(of_all), "rows": records(data.overall)},
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
    made.filters |= {"number": number, "share": share, "interval": interval}
    return made


def section(task: str, data: Dataset) -> dict[str, Any]:
    """What the page says of one task."""
    plan = data.plan
    mine = data.conditions[data.conditions.task == task]
    results = TaskResults(
        subject=task,
        models=plan["profile"]["models"],
        mitigations=plan["profile"]["mitigations"],
        at_lag={entry["lag"]: entry for entry in plan["tasks"] if entry["task"] == task},
        conditions=mine,
        horizons=data.horizons[data.horizons.task == task],
        references=data.references[data.references.task == task],
        trials=data.trials[data.trials.task == task],
        curves=data.curves[data.curves.task == task],
        gradients=data.gradients[data.gradients.task == task],
    )
    order = {"model": results.models, "mitigation": results.mitigations}
    ordered = mine.sort_values(["lag", "model", "mitigation"], key=lambda column: column.map(order[column.name].index) if column.name in order else column)
    cut = [entry for entry in plan["conditions"] if entry["task"] == task and entry["no_gradient"]]
    return {
        "name": task,
        "notes": group_reasons(cut, "no_gradient"),
        "facts": list(results.at_lag.values()),
        "figures": drawn(results),
        "conditions": records(ordered),
        "references": records(results.references),
    }


def drawn(results: Results) -> list[tuple[Figure, str]]:
    """All figures that are of these results, with their SVG."""
    figures = [(figure, figure.svg(results)) for figure in FIGURES if isinstance(results, figure.of)]
    return [(figure, svg) for figure, svg in figures if svg]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def number(value: float | None, digits: int = 3) -> str:
    """A figure for a table: a dash where there is none, no needless digits."""
    return "–" if value is None else f"{value:.{digits}g}"


def interval(low: float | None, high: float | None) -> str:
    """Two bounds for a table; unknown where the data cannot tell them."""
    return "unknown" if low is None or high is None else f"{low:.2f} – {high:.2f}"


def share(value: float | None) -> str:
    """A share in per cent: a dash for none at all, so that a little is not mistaken for nothing."""
    if not value:
        return "–"
    return f"{100 * value:.0f} %" if value >= 0.01 else "< 1 %"
