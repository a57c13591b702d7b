"""The page of a comparison: benchmarks side by side, changed outcomes first."""

from __future__ import annotations

from collections.abc import Mapping

from unvanish.reports.pages.templating import records, render_page
from unvanish.reports.tables.comparison import Comparison, verdict


def render(first: str, comparisons: Mapping[str, Comparison]) -> str:
    """One self-contained HTML file: the first benchmark against each of the others, by their names."""
    parts = [
        {
            "name": name,
            "verdict": verdict(comparison),
            "bad": comparison.became_unsolved or len(comparison.failing) > 0,
            "changed": records(comparison.changed),
            "groups": records(comparison.groups),
            "conditions": records(comparison.conditions),
            "only": [(label, records(comparison.only(when))) for label, when in ((first, "before"), (name, "after"))],
        }
        for name, comparison in comparisons.items()
    ]
    return render_page("comparison.html", first=first, parts=parts)
