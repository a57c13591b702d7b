"""The page of known results: what was published, what was measured, the verdict."""

from __future__ import annotations

import pandas as pd

from unvanish.reports.pages.templating import render_page


def render(verdicts: pd.DataFrame) -> str:
    """One self-contained HTML file; a row a known result, with the columns result, source, published, expected, measured, verdict."""
    rows = verdicts.to_dict("records")
    return render_page("reproduction.html", rows=rows, reproduced=sum(row["verdict"] == "reproduced" for row in rows))
