"""The recurrence worked through with numbers: a tiny trained network, a vanishing and an exploding gradient, and the effect of each cure on them.

Everything is computed by the suite's own cells and mitigations, in double precision: a new mitigation that explains itself is one file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unvanish.suite.explain.cases import Case, make_case
from unvanish.suite.explain.cures import Cure, apply_cures, cures
from unvanish.suite.explain.limits import HIDDEN, LAG, LONG_LAG, SEED, check_limits
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.explain.worked_example import WorkedExample, work_example
from unvanish.suite.models.effect import RATE, Effect, Kind

KINDS: tuple[Kind, ...] = ("vanishing", "exploding")


@dataclass(frozen=True)
class CaseStudy:
    """A case and the effect of each cure on it, without a cure first."""

    case: Case
    cures: tuple[Cure, ...]
    effects: tuple[Effect, ...]

    @property
    def plain(self) -> Effect:
        return self.effects[0]

    @property
    def rows(self) -> list[tuple[Cure, Effect, str]]:
        """Each cure with its effect and a sentence on it."""
        return [(cure, effect, cure.sentence(effect)) for cure, effect in zip(self.cures, self.effects, strict=True)]


@dataclass(frozen=True)
class Explanation:
    """All that the page and the terminal show."""

    lag: int
    long_lag: int
    hidden: int
    seed: int
    worked: WorkedExample
    studies: tuple[CaseStudy, ...]


def explain(lag: int = LAG, long_lag: int = LONG_LAG, hidden: int = HIDDEN, seed: int = SEED) -> Explanation:
    """Train the tiny network and work everything out; raises `UsageError` for sizes outside `LIMITS` or where the network does not learn."""
    check_limits(lag=lag, long_lag=long_lag, hidden=hidden, seed=seed)
    worked = work_example(lag, hidden, seed)
    cases = [make_case(kind, long_lag, hidden, seed, worked.rotation) for kind in KINDS]
    known = cures()
    effects = apply_cures(known, cases, seed)
    studies = tuple(CaseStudy(case, tuple(known), tuple(of_case)) for case, of_case in zip(cases, effects, strict=True))
    return Explanation(lag, long_lag, hidden, seed, worked, studies)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return the same numbers as plain data, unrounded; time is the first axis of every list over days."""
    worked, example = explanation.worked, explanation.worked.example
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
        "network": {name: weight.tolist() for name, weight in worked.weights._asdict().items()} | {"updates": worked.updates},
        "forward": [
            {
                "t": t,
                "x": example.x[t, 0].tolist(),
                "W_x x": worked.from_input[t].tolist(),
                "W_h h(t-1)": worked.from_state[t].tolist(),
                "h": worked.h[t].tolist(),
                "y": worked.y[t].tolist(),
                "attended": bool(example.attended[t]),
                "due": ROTATION[example.actual[t, 0].argmax()],
                "answer": ROTATION[worked.y[t].argmax()],
            }
            for t in range(example.length)
        ],
        "last_day": [
            {"due": ROTATION[due], "answer": ROTATION[with_state], "answer_without_state": ROTATION[without]}
            for due, with_state, without in zip(worked.due, worked.answers, worked.answers_without_state, strict=True)
        ],
        "backward": {
            "error": worked.error,
            "steps": [
                {"t": t, "dE/dh": worked.state_gradient[t].tolist(), "norm": float(worked.norms[t]), "g'": worked.slope[t].tolist()}
                for t in range(example.length)
            ],
            "gradients": {name: gradient.tolist() for name, gradient in worked.gradients._asdict().items()},
        },
        "learning_rate": RATE,
        "cases": [study_as_data(study) for study in explanation.studies],
    }


def study_as_data(study: CaseStudy) -> dict[str, Any]:
    """Return a case with its table: error, gradient, weight change, new weight for each cure."""
    return {
        "case": study.case.kind,
        "network": {name: weight.tolist() for name, weight in study.case.weights._asdict().items()},
        "weight": {"unit": study.case.unit + 1, "exercise": ROTATION[study.case.exercise], "value": study.case.weight},
        "rows": [
            {
                "cure": cure.name,
                "error": effect.error,
                "gradient": effect.gradient,
                "gradient_norm": effect.gradient_norm,
                "weight_change": effect.change,
                "new_weight": effect.new_weight,
                "error_after": effect.error_after,
                "gradient_after": effect.gradient_after,
                "size": effect.size,
                "verdict": sentence,
                "norms": effect.norms.tolist(),
            }
            for cure, effect, sentence in study.rows
        ],
    }
