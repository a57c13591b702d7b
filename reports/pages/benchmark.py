"""The page: one self-contained HTML file made from a benchmark alone, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unvanish.reports import beside
from unvanish.reports.benchmark import Benchmark
from unvanish.reports.figures.shared import written_once
from unvanish.reports.pages.sections import all_sections
from unvanish.reports.pages.templating import environment
from unvanish.reports.tables.conditions import NOT_APPLICABLE, NOT_RUN
from unvanish.suite.execution.timing import metric, table


def contents(data: Benchmark) -> dict[str, Any]:
    """All that the page says and shows of a benchmark; raises `BlankPanel`."""
    backwards = [(section, section.content(data)) for section in reversed(all_sections())]  # the first are sentences, found while the others are drawn
    beside.wait()
    found = reversed(backwards)
    return {"head": head(data), "sections": [(section, content) for section, content in found if content is not None]}


def head(data: Benchmark) -> dict[str, Any]:
    """What the top of the page says of the benchmark as a whole."""
    plan, conditions = data.plan, data.conditions
    profile, run = plan.profile, data.trials
    seeds = len(profile.evaluation_seeds)
    return {
        "profile": profile,
        "context": data.context,
        "n_tasks": len({entry.task for entry in plan.tasks}),
        "n_problems": len(plan.tasks),
        "n_models": len({condition.model for condition in plan.conditions}),
        "n_mitigations": len({condition.mitigation for condition in plan.conditions}),
        "n_planned": plan.counts.conditions,
        "n_run": int((~conditions.state.isin([NOT_RUN, NOT_APPLICABLE])).sum()),
        "n_trials": len(run),
        "n_failed": int((run.status == "failed").sum()),
        "seeds": seeds,
        "exploratory": seeds < 5,
        "tested": bool(conditions.p.notna().any()),
    }


def render(contents: Mapping[str, Any], metrics: Mapping[str, float]) -> str:
    """The whole page; the metrics of the benchmark's run say where its time went, the drawing of the contents included."""
    time = table(metrics)
    shared = {
        "metrics": metrics,
        "time": time,
        "overhead": sum(row.share for row in time if row.overhead),
        "minutes": metrics[metric("wall")] / 60 if metric("wall") in metrics else None,
    }
    made = environment()
    drawn = written_once([made.from_string(section.template).render(content, **shared) for section, content in contents["sections"]])
    sections = [
        {"name": section.name, "title": content.get("title", section.title), "short": section.short, "html": html}
        for (section, content), html in zip(contents["sections"], drawn.html, strict=True)
    ]
    return made.get_template("report.html").render(contents["head"], sections=sections, drawn=drawn, **shared)
