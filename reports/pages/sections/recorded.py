"""The answer on recorded data: predictors in the unit of the target, verdict, what mattered, the predictions, and the command that asks the network."""

from __future__ import annotations

from unvanish.reports.excerpt import Excerpt
from unvanish.reports.figures import FIGURES
from unvanish.reports.pages.sections.section import Content, Section, figure_content
from unvanish.reports.tables.recorded import column_rows, error_rows, only_recorded, overview_rows, predict_command, published_text, question, verdict

FEW = 2  # answers that are shown open, without a table of all


def content(data: Excerpt) -> Content | None:
    """Return the answers on recorded tasks; None where there is none."""
    answers = data.whole.recorded
    if not answers:
        return None
    answered = {(answer.task, answer.lag) for answer in answers}
    shown = figure_content(FIGURES["recorded"], data, "")
    figures = shown or {"drawings": [], "svgs": [], "figure": FIGURES["recorded"], "lead": "", "failure": "", "partly": False}
    by_task = [(drawing.table[["task", "lag"]].iloc[0].tolist(), svg) for drawing, svg in zip(figures["drawings"], figures["svgs"], strict=True)]
    return {
        "title": "The answer, on rows that no network was trained on" if only_recorded(data.plan, answers) else question(answers),
        "overview": overview_rows(answers) if len(answers) > FEW else [],
        "unanswered": [entry for entry in data.plan.tasks if entry.parameters.get("facts") and (entry.task, entry.lag) not in answered],
        "answers": [
            {
                "answer": answer,
                "verdict": verdict(answer),
                "measures": list(answer.network.errors),
                "rows": error_rows(answer),
                "columns": column_rows(answer),
                "command": predict_command(answer, answers),
                "published": [published_text(figure) for figure in answer.published],
                "svg": next((svg for key, svg in by_task if key == [answer.task, answer.lag]), ""),
            }
            for answer in answers
        ],
        **figures,
    }


SECTION = Section(
    name="recorded",
    title="Does a recurrent network predict better than a simple predictor?",
    short="Answer on your data",
    position=44,
    content=content,
)
