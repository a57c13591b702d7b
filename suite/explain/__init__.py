"""The recurrence worked through with numbers: a tiny trained network, a vanishing and an exploding gradient, and what each cure does to them.

NumPy alone, written to be read: `recurrence` and `lstm` forward, `backpropagation` back, `updates` from gradients to weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unvanish.suite.explain.cases import Case, Kind, case
from unvanish.suite.explain.cures import CURES, RATE, Outcome, apply
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.explain.verdicts import verdict
from unvanish.suite.explain.worked import Worked, worked
from unvanish.tasks.errors import UsageError

LAG, LONG_LAG, HIDDEN, SEED = 2, 20, 3, 0
LIMITS = {"lag": (1, 10), "long_lag": (10, 60), "hidden": (2, 4), "seed": (0, 2**32 - 1)}
KINDS: tuple[Kind, ...] = ("vanishing", "exploding")


@dataclass(frozen=True)
class Study:
    """A case and what became of it: without a cure first, then with each of them."""

    case: Case
    outcomes: tuple[Outcome, ...]

    @property
    def plain(self) -> Outcome:
        return self.outcomes[0]

    def verdict(self, outcome: Outcome) -> str:
        return verdict(outcome, self.plain, self.case)


@dataclass(frozen=True)
class Explanation:
    """All that the page and the terminal show."""

    lag: int
    long_lag: int
    hidden: int
    seed: int
    worked: Worked
    studies: tuple[Study, ...]


def explain(lag: int = LAG, long_lag: int = LONG_LAG, hidden: int = HIDDEN, seed: int = SEED) -> Explanation:
    """Train the tiny network and work everything out; raises `UsageError` for sizes outside `LIMITS` or where the network does not learn."""
    for name, value in (("lag", lag), ("long_lag", long_lag), ("hidden", hidden), ("seed", seed)):
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise UsageError(f"--{name.replace('_', '-')} is {value}; it must be a whole number between {low} and {high}")
    example = worked(lag, hidden, seed)
    cases = [case(kind, long_lag, hidden, seed, example.rotation) for kind in KINDS]
    return Explanation(lag, long_lag, hidden, seed, example, tuple(Study(each, tuple(apply(cure, each) for cure in CURES)) for each in cases))


def as_data(explanation: Explanation) -> dict[str, Any]:
    """The same numbers as plain data, unrounded; time is the first axis of every list over days."""
    made = explanation.worked
    example, back = made.example, made.there_and_back
    return {
        "lag": explanation.lag,
        "long_lag": explanation.long_lag,
        "hidden": explanation.hidden,
        "seed": explanation.seed,
        "exercises": list(ROTATION),
        "equations": [
            "h(t) = g_h(W_x x(t) + W_h h(t-1) + b_h), g_h = tanh",
            "y(t) = g_y(W_y h(t) + b_y), g_y(z) = z",
            "E = sum (actual - output)^2",
            "w <- w - lr dE/dw",
        ],
        "network": {name: weight.tolist() for name, weight in made.weights._asdict().items()} | {"updates": made.updates},
        "forward": [
            {
                "t": t,
                "x": example.x[t, 0].tolist(),
                "W_x x": made.from_input[t].tolist(),
                "W_h h(t-1)": made.from_state[t].tolist(),
                "h": back.h[t, 0].tolist(),
                "y": back.y[t, 0].tolist(),
                "attended": bool(example.attended[t]),
                "due": ROTATION[example.actual[t, 0].argmax()],
                "answer": ROTATION[back.y[t, 0].argmax()],
            }
            for t in range(example.length)
        ],
        "last_day": [
            {"due": ROTATION[due], "answer": ROTATION[with_state], "answer_without_state": ROTATION[without]}
            for due, with_state, without in zip(made.due, made.answers, made.answers_without_state, strict=True)
        ],
        "backward": {
            "error": back.error,
            "steps": [
                {"t": t, "dE/dh": back.of_state[t, 0].tolist(), "norm": float(back.norms[t]), "g'": back.slope[t, 0].tolist()} for t in range(example.length)
            ],
            "gradients": {name: gradient.tolist() for name, gradient in back.gradients._asdict().items()},
        },
        "learning_rate": RATE,
        "cases": [study_as_data(study) for study in explanation.studies],
    }


def study_as_data(study: Study) -> dict[str, Any]:
    """A case with its table: error, gradient, weight change, new weight for each cure."""
    return {
        "case": study.case.kind,
        "network": {name: weight.tolist() for name, weight in study.case.weights._asdict().items()},
        "weight": {"unit": study.case.unit + 1, "exercise": ROTATION[study.case.exercise], "value": study.case.weight},
        "rows": [
            {
                "cure": outcome.cure.name,
                "error": outcome.error,
                "gradient": outcome.gradient,
                "gradient_norm": outcome.gradient_norm,
                "weight_change": outcome.change,
                "new_weight": outcome.new_weight,
                "error_after": outcome.error_after,
                "gradient_after": outcome.gradient_after,
                "size": outcome.size,
                "verdict": study.verdict(outcome),
                "norms": outcome.norms.tolist(),
            }
            for outcome in study.outcomes
        ],
    }
