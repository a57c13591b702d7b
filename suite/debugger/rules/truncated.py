"""A gradient that ends exactly at some step: nothing before it can be learned."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found


def look(record, outcome):
    ends = {layer.name: max(float(probe.state_gradient.get(layer.name, np.zeros(1)).max()) for probe in record.probes) for layer in record.setup.recurrent}
    cut_off = [name for name, largest in ends.items() if largest == 0]
    if cut_off and len(cut_off) < len(ends):
        why = f"no gradient at all comes back to {', '.join(cut_off)}, and some to the layers that go on from its state; {outcome.sentence}."
        return made(record, f"Backpropagation does not reach {cut_off[0]}.", why)
    if not outcome.not_learned:
        return None  # a window that is long enough is a usual way to save time
    for layer in record.setup.recurrent:
        starts = [cut(probe.state_gradient[layer.name]) for probe in record.probes if layer.name in probe.state_gradient]
        if starts and min(starts) > 0:
            length = len(record.probes[0].state_gradient[layer.name])
            why = (
                f"the gradient with respect to the state of {layer.name} is exactly zero before step {min(starts)} of {length} and not after it; "
                f"{outcome.sentence}."
            )
            return made(record, f"Backpropagation through {layer.name} is cut off.", why)
        if layer.stateful:
            length = len(record.probes[0].state_gradient.get(layer.name, []))
            why = f"{layer.name} has stateful=True and sees windows of {length} steps; no gradient passes from one batch to the one before; {outcome.sentence}."
            return made(record, "Backpropagation ends at the start of every window.", why)
    return None


def cut(norms):
    """The first step with a gradient, where the steps before it have exactly none and all after it have some; else 0.

    A gradient that vanishes falls through the smallest numbers first; one that is cut does not.
    """
    some = np.flatnonzero(norms > 0)
    if not some.size or some[0] < 2 or len(some) != len(norms) - some[0]:
        return 0
    return int(some[0]) if norms[some[0]] > 1e-12 * norms.max() else 0


def made(record, what, why):
    return found(
        "truncated",
        record,
        0,
        what,
        why,
        "Make the windows longer than the time between a cause and its effect, or remove stop_gradient.",
        "model.fit(windows_of(length), ...)  # length above the longest lag\n",
    )


RULE = Rule("truncated", 45, "the gradient ends exactly at some step", look)
