"""A recurrent layer that sees a single time step: its state is never used, and what came before a sample is not in the sample."""

import numpy as np

from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, KerasRule, Rule, finding
from unvanish.suite.diagnosis.simple_predictors import LINEAR

MIN_GAIN = 0.15  # of the targets' variance that the rows before a sample must explain besides its own inputs
MIN_ALONE = 0.1  # explained by a sample's own inputs, in a linear model: below it there is nothing in a single step


def in_keras(training):
    """Where the rows before a sample say what the sample itself does not, or nothing is learned and nothing is in a single step."""
    setup, outcome, facts = training.setup, training.outcome, training.data
    shapes = [given.shape for given in setup.inputs]
    if not setup.recurrent or len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][0] != 1 or any(layer.stateful for layer in setup.recurrent):
        return
    rows = facts.time_in_rows if facts is not None else None
    score = outcome.score if outcome.learning else 0.0
    context = rows is not None and rows.before - max(rows.alone, score) > MIN_GAIN
    linear = max((each.score(each.predictors[LINEAR]) for each in training.comparisons if LINEAR in each.predictors), default=np.nan)
    nothing = outcome.word == "baseline" and not linear > MIN_ALONE
    if not context and not nothing:
        return
    measured = ""
    if rows is not None and context:
        measured = f"a linear model of the rows before explains {rows.before:.0%} of the targets' variance, one of the row alone {rows.alone:.0%}; "
    yield finding(
        training,
        "no_time_axis",
        what=f"{setup.recurrent[0].name} sees one time step only, so it cannot use what came before.",
        why=f"each sample has the shape {shapes[0]}, a time axis of length 1, and the state starts at 0 for every sample; {measured}{outcome.sentence}.",
        advice="Give each sample as a window of the rows before it: the shape of the inputs is (samples, steps, features).",
        snippet="steps = 20  # and for each step the rows before it\n"
        "x = np.stack([rows[i : i + steps] for i in range(len(rows) - steps + 1)])\ny = y[steps - 1 :]\n",
    )


CRITERIA = {
    f"samples of one time step, and the rows before a sample explain {100 * MIN_GAIN:g} % more of the targets than the sample and than the model": ANY,
    f"samples of one time step, in which a linear model finds less than {100 * MIN_ALONE:g} %": NOT_LEARNED,
}
CONSEQUENCES = ("vanished", "rate_too_low", "saturated", "dead", "no_better_than_simple", "no_signal", "too_short", "overfitting")
RULE = Rule("no_time_axis", keras=KerasRule(230, in_keras, CRITERIA, consequences=CONSEQUENCES))
