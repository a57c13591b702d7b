"""The rules of two published tools, on the records of the same trainings; what they call a cause is in the words of this project.

AUTOTRAINER (Zhang et al. 2021) looks at gradients during training, UMLAUT (Schoop et al. 2021) at the program before and while it runs.
Only the rules whose thresholds are published and can be read from a record are here, so their detections are a lower bound.
"""

from __future__ import annotations

import numpy as np

from unvanish.suite.diagnosis.keras_training import KerasTraining

RATIO, SMALL = 1e-3, 1e-4  # of the first layer's gradient to the last's; of the first layer's gradient itself
EXPLODES = 70.0
DEAD = 0.7  # of the gradient's entries
RATES = (1e-7, 1e-2)
INPUTS = (-1.0, 1.0)


def autotrainer(training: KerasTraining) -> list[str]:
    """Vanishing: first over last below 1e-3 and the first below 1e-4; exploding: above 70 or not finite; dead: 70 % of the entries zero."""
    found = []
    measured = training.measured
    layers = [layer.name for layer in training.setup.layers if layer.name in measured.layers("gradient_norm")]
    relus = [layer.name for layer in training.setup.layers if layer.activation == "relu"]
    for place, step in enumerate(training.probe_steps):
        norms = [measured.probe("gradient_norm", layer).value[place] for layer in layers]
        if len(norms) < 2 or (step == 0 and training.steps > 0):
            continue
        if not np.isfinite(norms).all() or (norms[-1] > 0 and norms[0] / norms[-1] > EXPLODES):
            found.append("exploded")
        elif norms[-1] > 0 and norms[0] / norms[-1] < RATIO and norms[0] < SMALL:
            found.append("vanished")
        if any(measured.probe("zero_gradient_share", layer).value[place : place + 1].max(initial=0.0) >= DEAD for layer in relus):
            found.append("dead")
    return list(dict.fromkeys(found))


def umlaut(training: KerasTraining) -> list[str]:
    """Rate outside 1e-7 to 0.01, inputs outside -1 to 1, no softmax before a cross-entropy over classes, a loss that is not finite."""
    found = []
    low, high = RATES
    if training.setup.learning_rate > high:
        found.append("rate_too_high")
    if training.setup.learning_rate < low:
        found.append("rate_too_low")
    if any(not given.normalised and given.magnitude > INPUTS[1] for given in training.setup.inputs):
        found.append("input_scale")
    if any("categorical" in output.loss and not output.from_logits and output.activation != "softmax" for output in training.setup.outputs):
        found.append("wrong_output")
    if not np.isfinite(training.losses).all():
        found.append("not_finite_data")
    return found


BASELINES = {"AUTOTRAINER's rules": autotrainer, "UMLAUT's rules": umlaut}
