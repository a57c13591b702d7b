"""The answer on recorded data: predictors in the unit of the target, verdict, what mattered, the predictions, and the command that asks the network."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.tables.recorded import column_rows, error_rows, only_recorded, predict_command, question, verdict


def content(data: Excerpt) -> Content | None:
    """Return the answers on recorded tasks; None where there is none."""
    answers = data.whole.recorded
    if not answers:
        return None
    shown = figure_content(FIGURES["recorded"], data, "")
    return {
        "title": "The answer, on rows that no network was trained on" if only_recorded(data.plan, answers) else question(answers),
        "answers": [
            {
                "answer": answer,
                "verdict": verdict(answer),
                "measures": list(answer.network.errors),
                "rows": error_rows(answer),
                "columns": column_rows(answer),
                "command": predict_command(answer, answers),
            }
            for answer in answers
        ],
        **(shown or {"drawings": [], "svgs": [], "figure": FIGURES["recorded"], "lead": "", "failure": "", "partly": False}),
    }


SECTION = Section(
    name="recorded",
    title="Does a recurrent network predict better than a simple predictor?",
    short="Answer on your data",
    position=44,
    content=content,
)
