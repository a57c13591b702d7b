"""The answer on recorded data in words and rows, for the page and the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from unvanish.suite.recorded import Candidate, RecordedAnswer

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan_record import PlanRecord

VERDICTS = {
    "better": "Yes: a recurrent network predicts {target} better than every simple predictor.",
    "worse": "No: a simple predictor predicts {target} better than the best network.",
    "level": "Not shown: the test part cannot tell the best network from the best simple predictor.",
}
ANSWERED = "No: a simple predictor already answers everything, and the best network does not."
ANSWERED_AS_WELL = "No network can be better: a simple predictor already answers everything; the best network does too."
MAX_TARGETS = 2  # that a question names
SHOWN_COLUMNS = 8  # that a page and a terminal name


class ErrorRow(TypedDict):
    """A predictor by name, its errors as text, and whether it is the best simple predictor or the network."""

    name: str
    errors: list[str]
    mark: str


def question(answers: Sequence[RecordedAnswer]) -> str:
    """Return the question that a page of these answers asks."""
    targets = list(dict.fromkeys(answer.target for answer in answers))
    if len(targets) > MAX_TARGETS:
        return "Do recurrent networks predict better than simple predictors?"
    return f"Does a recurrent network predict {' and '.join(targets)} better than a simple predictor?"


def only_recorded(plan: PlanRecord, answers: Sequence[RecordedAnswer]) -> bool:
    """Return whether every task of a plan is recorded data, and there is an answer on one, so that the page is about that."""
    return bool(answers) and all(entry.parameters.get("facts") for entry in plan.tasks)


def verdict(answer: RecordedAnswer) -> str:
    """Return the verdict with its figures as sentences."""
    measure = next(iter(answer.network.errors))
    percent = bool(answer.classes)

    def figure(value: float) -> str:
        return f"{100 * value:+.1f}" if percent else f"{value:+.4g}"

    unit = " percentage points of accuracy" if percent else f" of {measure}"
    perfect = answer.simple.errors[measure] == (1 if percent else 0)
    sentence = (ANSWERED_AS_WELL if answer.gain == 0 else ANSWERED) if perfect else VERDICTS[answer.verdict].format(target=answer.target)
    difference = f"{figure(answer.gain)}{unit}, 95 % interval {figure(answer.low)} to {figure(answer.high)}"
    return f"{sentence} Gain over “{answer.best_simple}” on {len(answer.actual):,} test rows: {difference}."


def error_rows(answer: RecordedAnswer) -> list[ErrorRow]:
    """Return a row a predictor."""
    return [
        {
            "name": shown_name(candidate, answer),
            "errors": [error_text(value, bool(answer.classes)) for value in candidate.errors.values()],
            "mark": "best network" if candidate is answer.network else "best simple predictor" if candidate.name == answer.best_simple else "",
        }
        for candidate in answer.candidates
    ]


def shown_name(candidate: Candidate, answer: RecordedAnswer) -> str:
    """Return the name of a predictor with what it is."""
    seeds = len(candidate.predictions)
    more = {"fitted": " (scikit-learn)", "network": f" ({seeds} seed{'s' if seeds != 1 else ''})", "simple": ""}
    return candidate.name.replace("_", " ") + more[candidate.kind]


def error_text(value: float, share: bool) -> str:
    """Return an error as text."""
    return f"{100 * value:.1f} %" if share else f"{value:.4g}"


def column_rows(answer: RecordedAnswer) -> list[dict[str, str]]:
    """Return a row a column, the most important first: what is lost where it is permuted."""

    def text(value: float) -> str:
        return f"{100 * value:.1f}" if answer.classes else f"{value:.3g}"

    return [{"column": each.column, "loss": text(each.loss), "range": f"{text(each.low)} to {text(each.high)}"} for each in answer.columns[:SHOWN_COLUMNS]]


def predict_command(answer: RecordedAnswer, answers: Sequence[RecordedAnswer], output: str = "FOLDER") -> str:
    """Return the command that answers it from a log; empty where its sequences are no log."""
    if not answer.asks_log:
        return ""
    several = len({each.task for each in answers if each.asks_log}) > 1
    return shlex.join(["unvanish", "predict", "LOG.csv", "--output", output, *(["--task", answer.task] if several else [])])
