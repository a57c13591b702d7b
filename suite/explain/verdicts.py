"""What a cure did to a case, in a sentence made from the figures; where it did not help, it says so."""

from __future__ import annotations

from suite.explain.activations import sigmoid
from suite.explain.cases import Case
from suite.explain.cures import RATE, THRESHOLD, WINDOW, Outcome
from suite.explain.lstm import FORGET_BIAS
from suite.explain.updates import EPSILON, RHO


def verdict(outcome: Outcome, plain: Outcome, case: Case) -> str:
    """`plain` is the outcome of the same case without a cure."""
    return SENTENCES[outcome.cure.name](outcome, plain, case)


def none(outcome: Outcome, plain: Outcome, case: Case) -> str:
    if outcome.size == "too small":
        return f"The new weight is hardly different from the old one: {1 / abs(outcome.change):,.0f} such updates would move it by 1."
    if outcome.size == "too large":
        return (
            f"The weight is thrown from {case.weight:.2g} to {outcome.new_weight:.3g}, past every value that would help. "
            f"There its gradient is {outcome.gradient_after:.1e}: {afterwards(outcome)}."
        )
    return f"The change of {outcome.change:.1e} is neither too small nor too large: this gap is too short to show it."


def afterwards(outcome: Outcome) -> str:
    if abs(outcome.gradient_after) < 1e-5:
        return "what exploded has now vanished, and nothing brings the weight back"
    return "the next update starts from there"


def clipping(outcome: Outcome, plain: Outcome, case: Case) -> str:
    if outcome.gradient_norm <= THRESHOLD:
        return f"Does nothing: all gradients together have a norm of {outcome.gradient_norm:.2g}, and only what is longer than {THRESHOLD:g} is shortened."
    shortened = f"All gradients together have a norm of {outcome.gradient_norm:.3g}, so each is divided by that"
    if case.kind == "vanishing":
        return f"Does not help: clipping can only shorten. {shortened}, the vanished one too."
    return (
        f"Helps: {shortened}, and the weight moves by {abs(outcome.change):.2g} instead of {abs(plain.change):.3g}. "
        f"Its next gradient is {outcome.gradient_after:.2g}, where it was {plain.gradient_after:.1e} without clipping."
    )


def relu(outcome: Outcome, plain: Outcome, case: Case) -> str:
    w, lag = case.recurrent_weight, case.sequence.lag
    if outcome.gradient == 0:
        return "Does not help here: the state of this unit is 0, where g' is 0 too. No gradient passes, and none will while it stays 0."
    passes = f"With g' = 1 what is left of a day is W_h alone, and {w:g}^{lag} = {w**lag:.2g}"
    if case.kind == "vanishing":
        return f"{passes}: it was g' that made this gradient vanish, so ReLU {'brings it back' if outcome.size == 'usable' else 'brings some of it back'}."
    return f"Does not help: {passes}. The explosion comes from W_h, and without the bend of tanh nothing bounds the state either."


def rescaling(outcome: Outcome, plain: Outcome, case: Case) -> str:
    factor = abs(outcome.change / plain.change)
    arrives = "The gradient that arrives is the same; the step"
    if case.kind == "vanishing":
        limit = f"epsilon limits that to {EPSILON**-0.5:,.0f} times"
        end = "that is a usable step, as long as the gradient is not lost in noise" if outcome.size == "usable" else "that is still too little"
        return f"Rescales: {arrives} is {factor:,.0f} times as long ({limit}); {end}."
    return (
        f"Rescales: {arrives} is at most {(1 - RHO) ** -0.5:.2f} times the learning rate in the first update, however large the gradient. "
        f"At a rate of {RATE:g} that is {abs(outcome.change):.2g} instead of {abs(plain.change):.3g}, and the next gradient is {outcome.gradient_after:.1e}."
    )


def truncation(outcome: Outcome, plain: Outcome, case: Case) -> str:
    lag = case.sequence.lag
    if lag < WINDOW:
        return f"Does nothing to this weight: the window of {WINDOW} days reaches the exercise, {lag} days back."
    cut = f"the gradient goes back {WINDOW - 1} days and the exercise was {lag} days ago, so exactly nothing arrives"
    if case.kind == "vanishing":
        return f"Does not help: {cut}."
    return f"Stops the explosion (norm of all gradients {outcome.gradient_norm:.3g} instead of {plain.gradient_norm:.3g}) and the lesson with it: {cut}."


def memory_cell(outcome: Outcome, plain: Outcome, case: Case) -> str:
    forget = sigmoid(FORGET_BIAS)
    arriving = outcome.norms[case.sequence.information_step] / outcome.norms[-1]
    before = plain.norms[case.sequence.information_step] / plain.norms[-1]
    carried = (
        f"The cell is carried by the forget gate, here {forget:.2f} a day, not by W_h g'. Of the last day's gradient {arriving:.2g} arrives, not {before:.2g}"
    )
    return f"{'Helps' if outcome.size == 'usable' else 'Does not help enough'}: {carried}."


SENTENCES = {
    "none": none,
    "gradient_clipping": clipping,
    "relu": relu,
    "rmsprop": rescaling,
    "truncated_bptt": truncation,
    "lstm": memory_cell,
}
