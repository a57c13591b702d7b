"""The exercise sheet of the page that explains: questions on its numbers, with answers that are computed from them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unvanish.reports.tables.explained_cures import MeasuredCure
from unvanish.suite.explain.explanation import CaseStudy, Explanation
from unvanish.suite.explain.power import DAYS, STARTS, remaining_gradient
from unvanish.suite.models.effect import RATE

SMALL, LARGE = 1e-3, 1e3
SIGMOID_WEIGHT = 2.0


@dataclass(frozen=True)
class Exercise:
    """A question and its answer, in plain text with the symbols of `unvanish explain`."""

    question: str
    answer: str


def exercises(explanation: Explanation, measured: list[MeasuredCure]) -> list[Exercise]:
    """Return the sheet in the order of the page's parts; `measured` begins with the network without a cure."""
    vanishing, exploding = explanation.studies
    return [
        forward(explanation),
        without_state(explanation),
        backward(explanation),
        updates(vanishing),
        Exercise("Part 4: can clipping help against a vanishing gradient?", sentence_on(vanishing, "gradient_clipping")),
        Exercise("Part 4: can ReLU help against an exploding gradient?", sentence_on(exploding, "relu")),
        Exercise("Part 4: what does truncation do to a weight whose input came before its window?", sentence_on(exploding, "truncated_bptt")),
        explosion(explanation.long_lag),
        sigmoid(),
        *([prediction(measured, {cure.name: cure.title for cure in vanishing.cures})] if measured else []),
    ]


def forward(explanation: Explanation) -> Exercise:
    """One state by hand, on the first day on which nothing comes in."""
    worked = explanation.worked
    t = worked.example.information_step + 1
    weights, states, bias = worked.weights.W_h[0], worked.h[t - 1].round(3), worked.weights.b_h[0]  # as they are printed
    from_state = float(weights @ states)
    terms = " + ".join(f"({w:.2f} × {h:.3f})" for w, h in zip(weights, states, strict=True))
    return Exercise(
        f"Part 1: on day {t} nothing comes in. Compute the state of unit 1 from the states of the day before, W_h and the bias.",
        f"{terms} = {from_state:.3f}; with the bias {bias:.2f} it is {from_state + bias:.3f}, and tanh of that is {math.tanh(from_state + bias):.2f}.",
    )


def without_state(explanation: Explanation) -> Exercise:
    """How often a network without memory is right on the last day."""
    worked = explanation.worked
    n, right = len(worked.due), int((worked.answers_without_state == worked.due).sum())
    return Exercise(
        f"Part 1: in how many of the {n} rotations is the network right on the last day without its state, and could other weights do better?",
        f"In {right} of {n}. Its input is the same for every rotation, so is its answer, and one answer is right for one rotation: no weights do better.",
    )


def backward(explanation: Explanation) -> Exercise:
    """The mean factor of a day, and how long until a thousandth is left."""
    worked = explanation.worked
    first = worked.example.information_step
    days = worked.example.length - 1 - first
    ratio = float(worked.norms[first] / worked.norms[-1])
    factor = ratio ** (1 / days)
    count = (
        f"After ln {SMALL:g} / ln {factor:.3f}, so {math.ceil(math.log(SMALL) / math.log(factor))} days." if factor < 1 else "Never, since it is not below 1."
    )
    return Exercise(
        f"Part 2: by which factor a day does the norm change on the way back from the last day to day {first}, as a geometric mean? "
        "After how many such days would less than a thousandth be left?",
        f"The product of the factors is {ratio:.3g}; to the power of 1/{days} it is {factor:.3f}. {count}",
    )


def updates(study: CaseStudy) -> Exercise:
    """How many updates a vanished gradient needs."""
    change = abs(study.plain.change)
    count = f"1 / {change:.1e} = {1 / change:.1e}" if change else "no number of updates is enough: the change is 0"
    return Exercise("Part 3: how many updates like that of the vanishing case move the weight by 1?", f"{count}.")


def sentence_on(study: CaseStudy, name: str) -> str:
    """Return what part 4 says of a cure in a case."""
    return next(sentence for cure, _, sentence in study.rows if cure.name == name)


def explosion(days: int) -> Exercise:
    """The weight from which on a gradient explodes by a thousand."""
    return Exercise(
        f"Part 5: from which w on is what is left after {days} days without a bend (ReLU) more than a thousand? Try it with the sliders.",
        f"w^{days} = {LARGE:g} where w is {LARGE:g} to the power of 1/{days}: {LARGE ** (1 / days):.3f}.",
    )


def sigmoid() -> Exercise:
    """Why a sigmoid vanishes sooner than tanh."""
    bound, left = (SIGMOID_WEIGHT / 4) ** DAYS, remaining_gradient(SIGMOID_WEIGHT, STARTS[1], "sigmoid")
    return Exercise(
        f"Part 5: choose the sigmoid. Why does the gradient vanish even with w = {SIGMOID_WEIGHT:g}, and how much can be left after {DAYS} days at most?",
        f"Its slope is 1/4 at most, so a day leaves at most w / 4 = {SIGMOID_WEIGHT / 4:g}, and {DAYS} days leave at most {bound:.1e}. "
        f"From h(0) = {STARTS[1]:g} they leave {left:.1e}. A weight that moves by {RATE:g} times that does not learn.",
    )


def prediction(measured: list[MeasuredCure], titles: dict[str, str]) -> Exercise:
    """What was measured against what was expected."""
    plain, *cures = measured
    told = ", ".join(f"{titles[cure.name]} {cure.longest['n_solved']} of {cure.longest['n_trials']}" for cure in cures)
    return Exercise(
        "Part 6: before you look, write down which cure lets most trials solve their task at the longest lags. Were you right?",
        f"Without a cure {plain.longest['n_solved']} of {plain.longest['n_trials']}; {told}. "
        "Where the intervals overlap, these trials do not tell two cures apart. That one update is usable does not say that a task is solved: "
        "that takes many updates, each at another point of the error.",
    )
