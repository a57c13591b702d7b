"""Backpropagation that ends before the step that matters: nothing before its end can be learned.

Of a trial it is known where the information is and how far the gradient goes, so one is compared with the other before any training. Of a
user's model neither is known: what can be seen is a gradient that is exactly zero before some step and not after it.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, KerasRule, Rule, TrialRule, finding
from unvanish.suite.experiment.trial import Event

ADVICE = "Make the windows longer than the time between a cause and its effect, or remove stop_gradient."
SNIPPET = "model.fit(windows_of(length), ...)  # length above the longest lag\n"
FALLEN = 1e-12  # of the largest norm: a gradient that falls this far before it ends has vanished, and was not cut


def in_trial(facts, measured):
    """The window of truncated backpropagation is not longer than the way back to the information."""
    distance = facts.task.information_distance
    if facts.max_backprop_steps is None or facts.max_backprop_steps >= distance:
        return None
    return Event("truncated", 0, f"the gradient goes back {facts.max_backprop_steps} steps, the information is {distance} steps back")


def in_keras(training):
    """A recurrent layer whose gradient is cut off in time, or that no gradient reaches though it reaches the next."""
    outcome = training.outcome
    norms = {layer.name: list(training.measured.through_time("norm", layer.name).values()) for layer in training.setup.recurrent}
    cut_off = [name for name, by_step in norms.items() if max((float(each.max()) for each in by_step), default=0.0) == 0]
    if cut_off and len(cut_off) < len(norms):
        why = f"no gradient at all comes back to {', '.join(cut_off)}, and some to the layers that go on from its state; {outcome.sentence}."
        yield truncation(training, f"Backpropagation does not reach {cut_off[0]}.", why)
        return
    if not outcome.not_learned:
        return  # a window that is long enough is a usual way to save time
    for layer in training.setup.recurrent:
        by_step = norms[layer.name]
        length = len(by_step[0]) if by_step else 0
        start = min((first_step_with_gradient(each[::-1]) for each in by_step), default=0)
        if start > 0:
            why = f"the gradient with respect to the state of {layer.name} is exactly zero before step {start} of {length} and not after it"
            yield truncation(training, f"Backpropagation through {layer.name} is cut off.", f"{why}; {outcome.sentence}.")
        elif layer.stateful:
            why = f"{layer.name} has stateful=True and sees windows of {length} steps; no gradient passes from one batch to the one before"
            yield truncation(training, "Backpropagation ends at the start of every window.", f"{why}; {outcome.sentence}.")


def first_step_with_gradient(norms):
    """The first time step with a gradient, where the steps before it have exactly none and all after it have some; else 0.

    A gradient that vanishes falls through the smallest numbers first; one that is cut does not.
    """
    some = np.flatnonzero(norms > 0)
    if not some.size or some[0] < 2 or len(some) != len(norms) - some[0]:
        return 0
    return int(some[0]) if norms[some[0]] > FALLEN * norms.max() else 0


def truncation(training, what, why):
    """The finding, with what to try in any of these cases."""
    return finding(training, "truncated", what, why, ADVICE, SNIPPET)


RULE = Rule(
    "truncated",
    TrialRule(2, in_trial, "backpropagation ends before the information's step, so no gradient reaches it"),
    KerasRule(
        450,
        in_keras,
        {"the gradient is exactly zero before some time step, or a stateful layer sees short windows": NOT_LEARNED},
        consequences=("vanished", "no_signal"),
    ),
)
