"""Weights that are not trained, or that no gradient reaches, in a model that does not learn."""

import numpy as np

from unvanish.suite.debugger.finding import Rule, found

MOST = 0.5  # share of a model's weights; a model that learns with as many frozen is not reported


def look(record, outcome):
    weighted = [layer for layer in record.setup.layers if layer.parameters]
    cut = [
        layer.name
        for layer in weighted
        if layer.trainable and layer.kind != "Embedding" and all(probe.layer_gradient.get(layer.name, np.nan) == 0 for probe in record.probes)
    ]
    recurrent = {layer.name for layer in record.setup.recurrent}
    if recurrent - set(cut):
        cut = [name for name in cut if name not in recurrent]  # a part of the time is cut off: truncated
    dead = any(shares.get("dead", 0.0) >= 1 for probe in record.probes for shares in probe.unit_share.values())
    if cut and not dead and any(max(probe.layer_gradient.values(), default=0) > 0 for probe in record.probes):
        return found(
            "frozen",
            record,
            0,
            f"No gradient reaches {cut[0]}.",
            f"the gradient of {', '.join(cut)} is exactly zero at all {len(record.probes)} measurements, that of other layers is not.",
            "Look for stop_gradient, rounding, argmax or conversion to NumPy between that layer and the loss.",
        )
    still = [layer for layer in weighted if not layer.trainable and not layer.normalises]
    share = sum(layer.parameters for layer in still) / max(sum(layer.parameters for layer in weighted), 1)
    if not still or not outcome.not_learned:
        return None
    return found(
        "frozen",
        record,
        0,
        f"{still[0].name} is not trained, and the model does not learn.",
        f"{', '.join(layer.name for layer in still)} with {share:.0%} of the weights have trainable=False; {outcome.sentence}.",
        "Train them, or load trained weights into them first.",
        f'model.get_layer("{still[0].name}").trainable = True\nmodel.compile(...)  # again, so that it takes effect\n',
    )


RULE = Rule("frozen", 30, "weights are not trained, or no gradient reaches them", look)
