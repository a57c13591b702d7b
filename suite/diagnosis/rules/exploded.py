"""A gradient that grows on its way back, or a spike of it that moves the weights far away (Pascanu et al. 2013, section 2.3).

A trial has the largest gradient norm of every block of steps. A Keras model's gradient is measured at a dozen steps only, so a spike is seen by
what it does: the recurrent weights, read every few steps, move far at once. It has to come after steps of an ordinary length: where all
of them are long, the learning rate is too high. Growth on the way back is asked of Keras models alone: a trial in which it
does no harm has no spike.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, KerasRule, Rule, TrialRule, finding
from unvanish.suite.diagnosis.rules.rate_too_high import MAX_UPDATE_RATIO
from unvanish.suite.experiment.trial import Event

SPIKE = 4.0  # times the gradient norm that was typical until then: parts what clipping can rescue from what it cannot
MAX_GROWTH = 100.0  # first time steps over last ones, or first over last layer
MAX_RELATIVE_CHANGE = 0.2  # of the norm of the recurrent weights within a few steps
SPIKE_RATIO = 10.0  # times the change that had been typical until then
GROWN_RADIUS = 1.5  # times 1, or the one before training, to which the spectral radius has grown at the end
SPIKE_RATIO_UNSTABLE = 5.0  # is enough then: a network that is pushed about by many bursts has a high typical change
MIN_HISTORY = 5  # readings before it


def in_trial(facts, measured):
    """A gradient norm far above the median of those until then, in the curve's resolution; or a figure that is not finite.

    The first block is left out: it holds the fall from the initial weights, where the norm of a squared error is large in any
    trial. A trial that diverges within it has no norm that was typical before.
    """
    steps, norms, medians = (measured.curves[name] for name in ("step", "gradient_norm", "gradient_norm_median"))
    typical = np.array([np.nan, *(np.median(medians[: block + 1]) for block in range(1, len(steps)))])
    with np.errstate(invalid="ignore"):
        spikes = norms > SPIKE * typical
    if spikes.any():
        block = int(np.argmax(spikes))
        largest = int(np.nanargmax(np.where(spikes, norms / typical, 0.0)))
        more = "" if largest == block else f", {norms[largest]:.3g} at step {steps[largest]}"
        evidence = f"gradient norm {norms[block]:.3g} at step {steps[block]}{more}, median {typical[block]:.2g}"
        return Event("exploded", int(steps[block]), evidence)
    if facts.diverged_at is not None:
        return Event("exploded", facts.diverged_at, f"loss, gradient or weights not finite at step {facts.diverged_at}")
    return None


def in_keras(training):
    """A spike, else the first measurement at which the gradient grows on its way back or is not finite."""
    if training.outcome.not_learned and (found := spike(training) or growth(training)):
        yield found


def spike(training):
    """The first time that a few steps moved a layer's recurrent weights far, though those before were short; None where there was none."""
    measured = training.measured
    for layer in measured.layers("recurrent_change"):
        steps, changes = measured.probe("recurrent_change", layer)
        radii = measured.probe("spectral_radius", layer).value
        unstable = len(radii) > 1 and radii[-1] > GROWN_RADIUS * max(radii[0], 1.0)
        needed = SPIKE_RATIO_UNSTABLE if unstable else SPIKE_RATIO
        for reading in np.flatnonzero(changes > MAX_RELATIVE_CHANGE):
            typical = float(np.median(changes[:reading])) if reading >= MIN_HISTORY else 0.0
            if 0 < needed * typical < changes[reading]:
                why = (
                    f"by step {steps[reading]} a few training steps changed the recurrent weights of {layer} by {changes[reading]:.0%} of their norm, more "
                    f"than {MAX_RELATIVE_CHANGE:.0%} and {needed:g} times the {typical:.2%} that were typical before"
                )
                note = f"Their spectral radius was {radii[0]:.2f} before training and is {radii[-1]:.2f} now." if len(radii) > 1 else ""
                return explosion(training, int(steps[reading]), f"A spike of the gradient moved the recurrent weights of {layer} far away.", f"{why}. {note}")
    return None


def growth(training):
    """A gradient that is larger at the first time steps or layers than at the last, before any step was too long."""
    measured, setup, outcome = training.measured, training.setup, training.outcome
    through_time = {layer.name: dict(zip(*training.reaching_first(layer.name), strict=True)) for layer in setup.recurrent}
    update_steps, updates = measured.curve("update_ratio")
    norms = measured.probe("gradient_norm").value
    previous = 0.0
    for step, layers, norm in zip(*training.first_layer_to_last(), norms, strict=True):
        if (updates[update_steps < step] > MAX_UPDATE_RATIO).any():
            return None  # what grows after steps that long is their consequence
        reaching = {name: ratios[step] for name, ratios in through_time.items() if step in ratios}
        if reaching and max(reaching.values()) > MAX_GROWTH:
            name = max(reaching, key=reaching.__getitem__)
            radius = dict(zip(*measured.probe("spectral_radius", name), strict=True)).get(step, np.nan)
            why = (
                f"at step {step} the gradient at the first steps of {name} is {reaching[name]:.3g} times "
                f"that at the last (limit {MAX_GROWTH:g}); spectral radius {radius:.2f}"
            )
            return explosion(training, step, f"The gradient of {name} explodes on its way back through time.", f"{why}; {outcome.sentence}.")
        if layers > MAX_GROWTH:
            why = f"at step {step} the gradient of the first layer is {layers:.3g} times that of the last (limit {MAX_GROWTH:g}); {outcome.sentence}."
            return explosion(training, step, "The gradient explodes on its way back through the layers.", why)
        grown = previous > MAX_GROWTH * norms[0]  # else an operation made what is not finite, which no clipping helps
        previous = norm
        if not np.isfinite(norm) and setup.recurrent and (grown if training.origin is None else training.origin.kind in ("growth", "unknown")):
            return explosion(training, step, "The gradient is not finite.", f"the gradient norm is not finite at step {step}; {outcome.sentence}.")
    return None


def explosion(training, step, what, why):
    """The finding, with what to try that is not in use already."""
    advice, snippet = cures(training.setup)
    return finding(training, "exploded", what, why, advice, snippet, int(step))


def cures(setup):
    """Return what to try, without what is in use already, and Keras code for it."""
    simple = any(layer.cell == "SimpleRNNCell" for layer in setup.recurrent)
    if setup.clipping:
        ways = [f"lower {setup.clipping} from {setup.clipping_threshold:g} tenfold, or the learning rate"]
        code = f"keras.optimizers.{setup.optimizer}({setup.learning_rate:g}, {setup.clipping}={setup.clipping_threshold / 10:g})\n"
    else:
        ways, code = ["clip the gradient by its global norm"], f"keras.optimizers.{setup.optimizer}({setup.learning_rate:g}, global_clipnorm=1.0)\n"
    if simple:
        ways += ["start recurrent weights orthogonal", "if the forward pass overflows, use an LSTM or GRU"]
        code += 'keras.layers.SimpleRNN(units, recurrent_initializer="orthogonal")\n'
    elif not setup.recurrent:
        ways += ["start with smaller weights, or normalise between the layers"]
    sentence = "; ".join(ways)
    return f"{sentence[0].upper()}{sentence[1:]}.", code


MEANING = f"after the first evaluation, a gradient norm was more than {SPIKE:g} times what was typical until then, or was not finite"
CRITERIA = {
    f"within four steps the recurrent weights move by more than {100 * MAX_RELATIVE_CHANGE:g} % of their norm and {SPIKE_RATIO:g} times as far as was "
    f"typical until then, {SPIKE_RATIO_UNSTABLE:g} times where the spectral radius has grown to {GROWN_RADIUS:g}: a spike of the gradient": NOT_LEARNED,
    f"the gradient at the first steps or layer is more than {MAX_GROWTH:g} times that at the last, before any step was too long": NOT_LEARNED,
}
RULE = Rule(
    "exploded", TrialRule(5, in_trial, MEANING), KerasRule(500, in_keras, CRITERIA, consequences=("rate_too_high", "dead", "saturated", "vanished", *RESULTS))
)
