"""Recorded data: what the networks reach, beside what scikit-learn's predictors reach that see every step at once."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.pages.sections.section import Content, Section
from unvanish.reports.pages.templating import records
from unvanish.reports.statistics.against_references import against_references


def content(data: Excerpt) -> Content | None:
    """Return the comparison of each network with each reference predictor; None where there is nothing to compare."""
    chosen = {(answer.task, answer.lag): (answer.model, answer.mitigation) for answer in data.whole.recorded}
    compared = against_references(data.plan, data.whole.evaluated, chosen)
    if compared.empty:
        return None
    known = data.references

    def best_first(row: dict) -> list[dict]:
        here = known[(known.task == row["task"]) & (known.lag == row["lag"])]
        return records(here.sort_values("metric_value", ascending=row["better"] == "lower"))

    return {"rows": [{**row, "all": best_first(row)} for row in records(compared)]}


SECTION = Section(
    name="references",
    title="Real data: are the networks better than predictors that need no memory?",
    short="Real data",
    position=45,
    content=content,
)
