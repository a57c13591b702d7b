"""What a cure did to a case, in a sentence made from the figures; where it did not help, it says so."""

from __future__ import annotations

from unvanish.suite.explain.activations import sigmoid
from unvanish.suite.explain.cases import Case
from unvanish.suite.explain.cures import RATE, THRESHOLD, TOO_SMALL, WINDOW, Outcome
from unvanish.suite.explain.lstm import FORGET_BIAS
from unvanish.suite.explain.updates import EPSILON, RHO

GONE = TOO_SMALL / RATE  # a gradient whose step would be too small


def verdict(outcome: Outcome, plain: Outcome, case: Case) -> str:
    """`plain` is the outcome of the same case without a cure."""
    if outcome is not plain and plain.size == "usable":
        return f"Nothing to cure: without it the change is {plain.change:.1e}. Try a longer gap."
    return SENTENCES[outcome.cure.name](outcome, plain, case)


def none(outcome: Outcome, plain: Outcome, case: Case) -> str:
    if outcome.size == "too small":
        updates = round_number(1 / abs(outcome.change))
        return f"The new weight is hardly different from the old one: it would take {updates} such updates to move it by 1."
    if outcome.size == "too large":
        far = f"The change is far too large: the weight goes from {case.weight:.2g} to {outcome.new_weight:.3g}."
        then = "what exploded has now vanished, and the next update does not move the weight back" if vanished(outcome) else "the next update starts from there"
        return f"{far} There its gradient is {exponential(outcome.gradient_after)}: {then}."
    return f"A change of {outcome.change:.1e} is neither too small nor too large: this gap is too short for the {case.kind} gradient to show."


def clipping(outcome: Outcome, plain: Outcome, case: Case) -> str:
    norm = f"all gradients together have a norm of {outcome.gradient_norm:.3g}"
    if outcome.gradient_norm <= THRESHOLD:
        return f"Does nothing: only a norm above {THRESHOLD:g} is shortened, and {norm}."
    if case.kind == "vanishing":
        return f"Does not help: clipping can only shorten. Here {norm}, so each is divided by that, the vanished one too."
    step = f"{norm}, so each is divided by that: the weight moves by {abs(outcome.change):.2g} instead of {abs(plain.change):.3g}"
    if vanished(outcome):
        return f"Bounds the step, and no more: {step}, but its next gradient is {exponential(outcome.gradient_after)}, as good as vanished."
    return f"Helps: {step}. Its next gradient is {outcome.gradient_after:.2g}, where without clipping it was {exponential(plain.gradient_after)}."


def relu(outcome: Outcome, plain: Outcome, case: Case) -> str:
    w, lag = case.recurrent_weight, case.sequence.lag
    if outcome.gradient == 0:
        return "Does not help here: the state of this unit is 0 on the way, where g' is 0 too. No gradient passes, and none will while it stays 0."
    passes = f"with g' = 1 what is left of a day is W_h alone, and {w:g}^{lag} = {amount(w**lag)}"
    if case.kind == "vanishing":
        helps = "Helps" if outcome.size == "usable" else "Does not help enough"
        return f"{helps}: {passes}. Without ReLU most of this gradient was lost to g'."
    return f"Does not help: {passes}. The explosion comes from W_h, and without the bend of tanh nothing bounds the state either."


def rescaling(outcome: Outcome, plain: Outcome, case: Case) -> str:
    if case.kind == "vanishing":
        longer = f"{abs(outcome.change / plain.change):,.0f} times as long (epsilon allows {EPSILON**-0.5:,.0f} times at most)"
        if outcome.size == "usable":
            return f"Rescales: the gradient that arrives is the same, the step {longer}. That is usable, if noise in the gradient is smaller still."
        return f"Does not help enough: the gradient that arrives is the same, the step {longer}. That is still too small."
    return (
        f"Rescales: a first step is at most {(1 - RHO) ** -0.5:.2f} times the learning rate, however large the gradient. The weight moves by "
        f"{abs(outcome.change):.2g} instead of {abs(plain.change):.3g}; its next gradient is {exponential(outcome.gradient_after)}"
        f"{', as good as vanished: at this rate it is still too far' if vanished(outcome) else ''}."
    )


def truncation(outcome: Outcome, plain: Outcome, case: Case) -> str:
    lag = case.sequence.lag
    if lag < WINDOW:
        return f"Does nothing to this weight: the window of {WINDOW} days reaches the exercise, {lag} days back."
    cut = f"the gradient goes back {WINDOW - 1} days and the exercise was {lag} days ago, so exactly nothing arrives"
    if case.kind == "vanishing":
        return f"Does not help: {cut}."
    stopped = f"the norm of all gradients is {outcome.gradient_norm:.3g} instead of {plain.gradient_norm:.3g}"
    return f"Stops the explosion: {stopped}. But it does not help this weight: {cut}."


def memory_cell(outcome: Outcome, plain: Outcome, case: Case) -> str:
    day = case.sequence.information_step
    arriving, before = outcome.norms[day] / outcome.norms[-1], plain.norms[day] / plain.norms[-1]
    factor = f"a day multiplies the cell's gradient by the forget gate, here {sigmoid(FORGET_BIAS):.2f}, and adds what passes through the candidate"
    return (
        f"{'Helps' if outcome.size == 'usable' else 'Does not help enough'}: {factor}. "
        f"At the exercise the gradient is {amount(arriving)} times that of the last day, where it was {amount(before)} times."
    )


def vanished(outcome: Outcome) -> bool:
    return abs(outcome.gradient_after) < GONE


def exponential(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def amount(value: float) -> str:
    """Two significant digits or all before the point; a power of ten only where it is far from 1."""
    return f"{value:.0f}" if 100 <= abs(value) < 10_000 else f"{value:.2g}"


def round_number(value: float) -> str:
    """Two significant digits."""
    return f"{float(f'{value:.1e}'):,.0f}" if value < 1e12 else f"{value:.0e}"


SENTENCES = {
    "none": none,
    "gradient_clipping": clipping,
    "relu": relu,
    "rmsprop": rescaling,
    "truncated_bptt": truncation,
    "lstm": memory_cell,
}
