"""The page that explains the recurrence and its gradient with numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import numpy as np
from markupsafe import Markup

from unvanish.reports.figures.explanation import DayPanel, WeightPanel, error_by_weight, gradient_by_day
from unvanish.reports.pages.exercises import exercises
from unvanish.reports.pages.templating import environment, render_page
from unvanish.reports.shipped import shipped, source_of
from unvanish.reports.tables.explained_cures import lag_ranges, measured_cures
from unvanish.suite.explain.explanation import CaseStudy, Explanation
from unvanish.suite.explain.limits import HIDDEN, LAG, LONG_LAG, SEED
from unvanish.suite.explain.power import ACTIVATIONS, DAYS, MOST_DAYS, STARTS, WEIGHTS, remaining_gradient
from unvanish.suite.explain.schedule import ROTATION
from unvanish.suite.models.effect import RATE, TOO_LARGE, TOO_SMALL, Effect

MINUS = "\N{MINUS SIGN}"
WEIGHT_LIMIT = 0.4  # of the figure of the error
WIDE, NARROW = 10.2, 4.6  # inches


def render(explanation: Explanation) -> str:
    """Return one self-contained HTML file."""
    worked, studies = explanation.worked, explanation.studies
    cures, benchmark = studies[0].cures, shipped()
    measured = measured_cures([cure.name for cure in cures], [cure.name for cure in cures if cure.cell.gated], benchmark.plan, benchmark.evaluated)
    environment().filters |= {"fixed": fixed, "scientific": scientific, "precise": precise, "typeset": typeset}
    shown = through_time(studies)
    days = DayPanel("the trained network", "vanishing", worked.norms / worked.norms[-1], worked.example.information_step)
    no_cure = [day_panel(study, study.plain, study.case.kind) for study in studies]
    with_cures = [day_panel(study, study.effects[i], f"{study.case.kind}: {study.cures[i].title if i else 'no cure'}") for study in studies for i in shown]
    return render_page(
        "explain.html",
        ("report.css", "explain.css"),
        "explain.js",
        e=explanation,
        worked=worked,
        example=worked.example,
        factors=[float(worked.norms[t] / worked.norms[t + 1]) for t in range(worked.example.length - 1)],
        worked_days=sorted({0, 1, worked.example.information_step + 1}),
        exercises=ROTATION,
        studies=studies,
        cures=cures,
        update_only=" and ".join(cure.title for i, cure in enumerate(cures) if i not in shown),
        days_figure=gradient_by_day("days-figure", "The gradient of each day", [days], 1, NARROW),
        cases_figure=gradient_by_day("cases-figure", "The gradient of each day without a cure", no_cure, 2, WIDE),
        cures_figure=gradient_by_day("cures-figure", "The gradient of each day with each cure", with_cures, len(shown), WIDE),
        error_figure=error_by_weight("error-figure", "The error over one weight", [weight_panel(study) for study in studies], WEIGHT_LIMIT, WIDE),
        products=[(w, w**DAYS, [remaining_gradient(w, start) for start in STARTS]) for w in WEIGHTS],
        power={"days": DAYS, "most_days": MOST_DAYS, "starts": STARTS, "activations": list(ACTIVATIONS)},
        measured=measured,
        measured_source=source_of(benchmark),
        measured_tasks=[f"{task} ({' and '.join(map(str, sorted(set(lags))))})" for task, lags in lag_ranges(benchmark.plan).items()],
        titles={cure.name: cure.title for cure in cures},
        positions={cure.name: position for position, cure in enumerate(cures)},
        exercise_sheet=exercises(explanation, measured),
        settings={"rate": RATE, "too_small": TOO_SMALL, "too_large": TOO_LARGE},
        command=command(explanation),
    )


def through_time(studies: Sequence[CaseStudy]) -> list[int]:
    """Return which cures are drawn through time: none, and those under which another gradient comes back."""
    return [i for i in range(len(studies[0].effects)) if i == 0 or not all(study.effects[i].unchanged_network for study in studies)]


def day_panel(study: CaseStudy, effect: Effect, title: str) -> DayPanel:
    """Return the panel of the gradient at each day, relative to that at the last day."""
    return DayPanel(title, study.case.kind, effect.norms / effect.norms[-1], effect.information_step)


def weight_panel(study: CaseStudy) -> WeightPanel:
    """Return the error of a case over its weight, where the weight is, and where each rule of update brings it."""
    case, plain = study.case, study.plain
    fine = np.geomspace(min(abs(case.weight) / 100, 1e-4), WEIGHT_LIMIT, 120)
    weights = np.concatenate([-fine[::-1], fine])
    marks = {"now": (case.weight, plain.error)}
    for cure, effect in zip(study.cures, study.effects, strict=True):
        if effect.unchanged_network:
            marks["no cure" if effect is plain else cure.title] = (effect.new_weight, effect.error_after)
    return WeightPanel(f"{case.kind}: error over the weight", case.kind, weights, case.errors(weights), marks)


def command(explanation: Explanation) -> str:
    """Return the command that makes this page again."""
    given = {
        "lag": (explanation.lag, LAG),
        "long-lag": (explanation.long_lag, LONG_LAG),
        "hidden": (explanation.hidden, HIDDEN),
        "seed": (explanation.seed, SEED),
    }
    return " ".join(["unvanish explain", *(f"--{name} {value}" for name, (value, default) in given.items() if value != default)])


def fixed(value: float, digits: int = 3) -> str:
    """Format with so many decimals."""
    return f"{value + 0.0:.{digits}f}".replace("-", MINUS)


def scientific(value: float, digits: int = 3) -> Markup:
    """Format with so many significant digits, as a power of ten where it is far from 1: 8.67·10^-7 with the exponent raised."""
    if value == 0 or 0.001 <= abs(value) < 10.0**digits:
        return Markup(f"{value + 0.0:.{digits}g}".replace("-", MINUS))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return Markup(f"{mantissa}·10<sup>{int(exponent)}</sup>".replace("-", MINUS))


def precise(value: float) -> Markup:
    """Format with up to six significant digits, so that a small change of a weight shows."""
    return Markup(re.sub(r"\.?0+(?=·)", "", scientific(value, 6)))


def typeset(sentence: str) -> Markup:
    """Return a sentence on a cure with its symbols, powers and minus signs set as on the rest of the page."""
    words = escape(sentence, quote=False)
    words = re.sub(r"(\d)e([+-])0*(\d+)", lambda match: f"{match[1]}·10^{match[2].replace('+', '')}{match[3]}", words)
    words = re.sub(r"\^(-?\d+)", r"<sup>\1</sup>", words)
    words = re.sub(r"\bW_h\b", "<var>W<sub>h</sub></var>", words).replace("g'", "<var>g</var>′")
    return Markup(re.sub(r"(?<![\w])-(?=\d)", MINUS, words))
