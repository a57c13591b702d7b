"""ReLUs that are zero for every sample, and so pass no gradient on (Lu et al. 2020)."""

from unvanish.suite.debugger.finding import Rule, found
from unvanish.suite.diagnosis.events import DEAD_SHARE


def look(record, outcome):
    if not outcome.not_learned:
        return None
    return units(record, outcome, "dead", DEAD_SHARE, "ReLUs are zero for every sample of the probe batch", ADVICE, SNIPPET)


def units(record, outcome, word, threshold, what, advice, snippet):
    """The first layer, but for the last one with weights, with at least this share of its units so at the last measurement."""
    weighted = [layer.name for layer in record.setup.layers if layer.parameters]
    for layer in record.setup.layers:
        shares = [(probe.step, probe.unit_share.get(layer.name, {}).get(word, 0.0)) for probe in record.probes]
        if layer.name == weighted[-1] or shares[-1][1] < threshold:
            continue
        since = shares[-1][0]
        for step, share in reversed(shares):
            if share < threshold:
                break
            since = step
        why = f"{shares[-1][1]:.0%} of the units at the last measurement, at least {threshold:.0%} since step {since}; {outcome.sentence}."
        return found(word, record, since, f"In {layer.name} the {what}.", why, advice, snippet)
    return None


ADVICE = "Lower the learning rate, start with He's weights and no negative bias, or use a leaky ReLU."
SNIPPET = 'keras.layers.Dense(units, kernel_initializer="he_normal")\nkeras.layers.LeakyReLU(0.1)\n'
RULE = Rule("dead", 62, f"at least {DEAD_SHARE:.0%} of a layer's ReLUs are always zero", look)
