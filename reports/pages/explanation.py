"""The page that explains the recurrence and its gradient with numbers."""

from __future__ import annotations

import re
from html import escape
from math import sqrt

import numpy as np
from markupsafe import Markup

from unvanish.reports.drawings import MINUS, bars, decades_of, over_weight, unrolled
from unvanish.reports.pages.templating import environment
from unvanish.suite.explain import HIDDEN, LAG, LONG_LAG, SEED, Explanation, Study
from unvanish.suite.explain.activations import Array
from unvanish.suite.explain.cures import CURES, RATE, THRESHOLD, TOO_LARGE, TOO_SMALL, WINDOW
from unvanish.suite.explain.lstm import FORGET_BIAS
from unvanish.suite.explain.power import STARTS, STEPS, WEIGHTS, linear, through_tanh
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.explain.updates import EPSILON, RHO

SHOWN_THROUGH_TIME = ("none", "relu", "truncated_bptt", "lstm")  # the others act on the update, after the gradient has come back
REACH = 0.4  # of the weight in the drawing of the error


def render(explanation: Explanation) -> str:
    """One self-contained HTML file."""
    made = explanation.worked
    back = made.there_and_back
    worked_days = sorted({0, 1, made.example.information_step + 1})
    made_environment = environment()
    made_environment.filters |= {"fixed": fixed, "scientific": scientific, "precise": precise, "typeset": typeset}
    return made_environment.get_template("explain.html").render(
        e=explanation,
        made=made,
        example=made.example,
        back=back,
        factors=[float(back.norms[t] / back.norms[t + 1]) for t in range(made.example.length - 1)],
        worked_days=worked_days,
        exercises=ROTATION,
        studies=explanation.studies,
        cures=CURES,
        unrolled=unrolled(explanation),
        back_bars=bars(
            "back-bars",
            "the trained network",
            relative(back.norms),
            decades_of([relative(back.norms)]),
            "bar vanishing",
            64,
            made.example.information_step,
        ),
        case_bars=[bars_of(study, "none", explanation) for study in explanation.studies],
        cure_bars=[(study, [bars_of(study, name, explanation, 193) for name in SHOWN_THROUGH_TIME]) for study in explanation.studies],
        error_drawings=errors_over_weight(explanation),
        products=[(w, linear(w)[-1], [through_tanh(w, start)[-1] for start in STARTS]) for w in WEIGHTS],
        power={"steps": STEPS, "starts": STARTS},
        settings={
            "rate": RATE,
            "threshold": THRESHOLD,
            "window": WINDOW,
            "too_small": TOO_SMALL,
            "too_large": TOO_LARGE,
            "rho": RHO,
            "epsilon": EPSILON,
            "first_step": 1 / sqrt(1 - RHO),
            "most": EPSILON**-0.5,
            "forget_bias": FORGET_BIAS,
        },
        command=command(explanation),
    )


def command(explanation: Explanation) -> str:
    """What makes this page again."""
    given = {
        "lag": (explanation.lag, LAG),
        "long-lag": (explanation.long_lag, LONG_LAG),
        "hidden": (explanation.hidden, HIDDEN),
        "seed": (explanation.seed, SEED),
    }
    return " ".join(["unvanish explain", *(f"--{name} {value}" for name, (value, default) in given.items() if value != default)])


def relative(norms: Array) -> Array:
    """To the last day's [time]."""
    return norms / norms[-1]


def bars_of(study: Study, name: str, explanation: Explanation, width: float = 437) -> str:
    """The gradient through time of one cure, on the scale that all drawings of the two cases share."""
    outcome = next(outcome for outcome in study.outcomes if outcome.cure.name == name)
    scale = decades_of([relative(each.norms) for one in explanation.studies for each in one.outcomes])
    title = f"{study.case.kind}: {'no cure' if name == 'none' else outcome.cure.title}"
    unique = f"bars-{study.case.kind}-{name}-{width:g}"
    return bars(unique, title, relative(outcome.norms), scale, f"bar {study.case.kind}", width / len(outcome.norms), study.case.sequence.information_step)


def errors_over_weight(explanation: Explanation) -> list[str]:
    """For both cases, on the same scales."""
    drawn = []
    for study in explanation.studies:
        fine = np.geomspace(min(abs(study.case.weight) / 100, 1e-4), REACH, 120)
        points = np.concatenate([-fine[::-1], fine])
        drawn.append((study, points, study.case.errors(points)))
    top = max(max(errors.max(), study.plain.error) for study, _, errors in drawn) * 1.15
    return [over_weight(study, points, errors, float(top), REACH) for study, points, errors in drawn]


def fixed(value: float, digits: int = 3) -> str:
    """With so many decimals."""
    return f"{value + 0.0:.{digits}f}".replace("-", MINUS)


def scientific(value: float, digits: int = 3) -> Markup:
    """So many significant digits, as a power of ten where it is far from 1: 8.67·10^-7 with the exponent raised."""
    if value == 0 or 0.001 <= abs(value) < 10.0**digits:
        return Markup(f"{value + 0.0:.{digits}g}".replace("-", MINUS))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return Markup(f"{mantissa}·10<sup>{int(exponent)}</sup>".replace("-", MINUS))


def precise(value: float) -> Markup:
    """Up to six significant digits, so that a small change of a weight shows."""
    return Markup(re.sub(r"\.?0+(?=·)", "", scientific(value, 6)))


def typeset(sentence: str) -> Markup:
    """A sentence of the verdicts with its symbols, powers and minus signs set as on the rest of the page."""
    words = escape(sentence, quote=False)
    words = re.sub(r"(\d)e([+-])0*(\d+)", lambda found: f"{found[1]}·10^{found[2].replace('+', '')}{found[3]}", words)
    words = re.sub(r"\^(-?\d+)", r"<sup>\1</sup>", words)
    words = re.sub(r"\bW_h\b", "<var>W<sub>h</sub></var>", words).replace("g'", "<var>g</var>′")
    return Markup(re.sub(r"(?<![\w])-(?=\d)", MINUS, words))
