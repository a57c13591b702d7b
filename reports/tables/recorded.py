"""The answer on recorded data in words and rows, for the page and the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from unvanish.suite.recorded import Candidate, RecordedAnswer
from unvanish.suite.recorded.errors import NEXT_RIGHT, SHARES
from unvanish.tasks.published import Published

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan_record import PlanRecord

VERDICTS = {
    "better": "Yes: a recurrent network predicts {target} better than every simple predictor.",
    "worse": "No: a simple predictor predicts {target} better than the best network.",
    "level": "Not shown: the test part cannot tell the best network from the best simple predictor.",
}
WITHOUT_MEMORY = "A network without memory predicts {target} better than every simple predictor: the best network sees the last step alone."
NOTHING_TO_LEARN = "Nothing to learn was found: neither the best network nor a simple predictor is better on the test part than always saying the same."
SHORT = {"better": "network", "worse": "simple predictor", "level": "not told apart"}
PERCENT = (*SHARES, NEXT_RIGHT)
CONTROL = "feedforward"  # the network that sees one step
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
    measure = first_measure(answer)
    perfect = answer.simple.errors[measure] == (1 if measure in SHARES else 0)
    if perfect:
        sentence = ANSWERED_AS_WELL if answer.gain == 0 else ANSWERED
    elif not answer.beats_constant:
        sentence = NOTHING_TO_LEARN
    elif answer.verdict == "better" and answer.model == CONTROL:
        sentence = WITHOUT_MEMORY.format(target=answer.target)
    else:
        sentence = VERDICTS[answer.verdict].format(target=answer.target)
    tested = f"{answer.tested:,} {'symbols of the test part' if is_text(answer) else 'test rows'}"
    return f"{sentence} Gain over “{shown_name(answer.simple, answer)}” on {tested}: {gain(answer)}."


def is_text(answer: RecordedAnswer) -> bool:
    """Return whether it is the answer on a text, whose predictors give probabilities."""
    return not answer.actual


def first_measure(answer: RecordedAnswer) -> str:
    """Return the measure by which an answer is decided."""
    return next(iter(answer.network.errors))


def gain(answer: RecordedAnswer) -> str:
    """Return the gain of the network with its interval."""
    measure = first_measure(answer)

    def figure(value: float) -> str:
        return f"{100 * value:+.1f}" if measure in SHARES else f"{value:+.2f}" if is_text(answer) else f"{value:+.4g}"

    unit = f" percentage points of {measure}" if measure in SHARES else f" {measure}" if is_text(answer) else f" of {measure}"
    return f"{figure(answer.gain)}{unit}, 95 % interval {figure(answer.low)} to {figure(answer.high)}"


def overview_rows(answers: Sequence[RecordedAnswer]) -> list[dict[str, Any]]:
    """Return a row an answer: what is predicted, by the best network and by what would be used instead, which is better, and what others published."""
    rows = []
    for number, answer in enumerate(answers, 1):
        measure = first_measure(answer)
        rows.append(
            {
                "id": f"use-{number}",
                "task": answer.task.replace("_", " "),
                "lag": answer.lag,
                "target": answer.target,
                "measure": measure,
                "network": shown_name(answer.network, answer),
                "network_error": error_text(measure, answer.network.errors[measure]),
                "simple": shown_name(answer.simple, answer),
                "simple_error": error_text(measure, answer.simple.errors[measure]),
                "better": SHORT[answer.verdict] if answer.beats_constant else "nothing to learn",
                "published": [published_text(figure) for figure in answer.published],
            }
        )
    return rows


def published_text(figure: Published) -> str:
    """Return a published figure with its source as a sentence without its point."""
    value = f"{100 * figure.value:g} %" if figure.measure in SHARES else f"{figure.value:g} {figure.measure.replace('_', ' ')}"
    return f"{value} by {figure.predictor} ({figure.source}{'; ' if figure.caveat else ''}{figure.caveat})"


def error_rows(answer: RecordedAnswer) -> list[ErrorRow]:
    """Return a row a predictor."""
    return [
        {
            "name": shown_name(candidate, answer),
            "errors": [error_text(measure, value) for measure, value in candidate.errors.items()],
            "mark": "best network" if candidate is answer.network else "best simple predictor" if candidate.name == answer.best_simple else "",
        }
        for candidate in answer.candidates
    ]


def shown_name(candidate: Candidate, answer: RecordedAnswer) -> str:
    """Return the name of a predictor with what it is."""
    seeds = len(answer.run_ids)
    more = {"fitted": " (scikit-learn)", "network": f" ({seeds} seed{'s' if seeds != 1 else ''})", "simple": ""}
    return candidate.name.replace("_", " ") + more[candidate.kind]


def error_text(measure: str, value: float) -> str:
    """Return an error as text."""
    return f"{100 * value:.1f} %" if measure in PERCENT else f"{value:.2f}" if measure.startswith("bits") else f"{value:.4g}"


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
