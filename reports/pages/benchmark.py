"""The page: one self-contained HTML file made from a benchmark alone, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from unvanish.reports.benchmark import Benchmark
from unvanish.reports.excerpt import Excerpt, excerpt
from unvanish.reports.figures.figure import Drawing
from unvanish.reports.pages.sections import all_sections
from unvanish.reports.pages.templating import environment, render_page
from unvanish.reports.shown_names import with_shown_names
from unvanish.reports.tables.conditions import NOT_APPLICABLE, NOT_RUN
from unvanish.reports.tables.failures import failures
from unvanish.reports.tables.recorded import only_recorded, question
from unvanish.suite.execution.timing import metric, table

RECORDED = "recorded"  # the section that answers a page of recorded data


def contents(data: Benchmark) -> dict[str, Any]:
    """Return all that the page says and shows of a benchmark; raises `BlankPanel`."""
    shown = excerpt(with_shown_names(data))
    sections = [(section, section.content(shown)) for section in all_sections()]
    if only_recorded(data.plan, data.recorded):
        sections.sort(key=lambda section: section[0].name != RECORDED)  # first, and the others in their order
    return {"head": head(shown.whole) | left_out(shown), "sections": [(section, content) for section, content in sections if content is not None]}


def left_out(shown: Excerpt) -> dict[str, Any]:
    """Return what the page does not show of the conditions of a benchmark that has too many."""
    problems = shown.conditions[["task", "lag"]].drop_duplicates()
    lags = {task: [int(lag) for lag in lags] for task, lags in problems.groupby("task", sort=False).lag.unique().items()}
    mitigations, all_of_them = set(shown.conditions.mitigation), set(shown.whole.conditions.mitigation)
    return {
        "n_left_out": shown.n_left_out,
        "n_shown": len(shown.conditions),
        "shown_lags": lags,
        "n_shown_mitigations": len(mitigations) if mitigations < all_of_them else 0,
    }


def drawings(contents: Mapping[str, Any]) -> list[Drawing]:
    """Return the figures that the page shows."""
    return [drawing for _, content in contents["sections"] for drawing in content.get("drawings", [])]


def head(data: Benchmark) -> dict[str, Any]:
    """Return what the top of the page says of the benchmark as a whole."""
    plan, conditions = data.plan, data.conditions
    profile, run = plan.profile, data.trials
    seeds = len(profile.evaluation_seeds)
    return {
        "profile": profile,
        "question": question(data.recorded) if only_recorded(plan, data.recorded) else "Which cure for vanishing and exploding gradients works?",
        "context": data.context,
        "pages": data.pages,
        "n_tasks": len({entry.task for entry in plan.tasks}),
        "n_problems": len(plan.tasks),
        "n_models": len({condition.model for condition in plan.conditions}),
        "n_mitigations": len({condition.mitigation for condition in plan.conditions}),
        "n_planned": plan.counts.conditions,
        "n_run": int((~conditions.state.isin([NOT_RUN, NOT_APPLICABLE])).sum()),
        "n_trials": len(run),
        "n_failed": int((run.status == "failed").sum()),
        "failures": failures(run),
        "seeds": seeds,
        "exploratory": seeds < 5,
        "tested": bool(conditions.p.notna().any()),
    }


def render(contents: Mapping[str, Any], metrics: Mapping[str, float], figure_files: Sequence[str] = ()) -> str:
    """Return the whole page; the metrics of the benchmark's run say where its time went, the drawing of the contents included.

    `figure_files` are the endings of the files of each figure in the folder `figures` beside the page, to which it links.
    """
    time = table(metrics)
    shared: dict[str, Any] = {
        "metrics": metrics,
        "figure_files": figure_files,
        "time": time,
        "overhead": sum(row.share for row in time if row.overhead),
        "minutes": metrics[metric("wall")] / 60 if metric("wall") in metrics else None,
    }
    pages = environment()
    sections = [
        {
            "name": section.name,
            "title": content.get("title", section.title),
            "short": section.short,
            "html": Markup(pages.get_template(section.path).render(content, **shared)),  # escaped by its own template
        }
        for section, content in contents["sections"]
    ]
    return render_page("report.html", script="report.js", sections=sections, **contents["head"], **shared)
