"""A setting of the optimizer, beside its rate, with which it hardly moves the weights, or moves them too far.

Adam divides by the root of the squared gradients plus epsilon (Kingma & Ba 2015): with an epsilon far above the gradients its steps are far shorter
than the rate. A clipped step of plain gradient descent is never longer than rate x threshold.
"""

import numpy as np

from unvanish.suite.diagnosis.rule import NOT_LEARNED, RESULTS, STEPS, KerasRule, Rule, finding

LARGE_EPSILON, TINY_EPSILON = 1e-4, 1e-12
EPSILON_TO_GRADIENT = 10.0  # epsilon over the root mean square of the gradient's entries
MIN_REACH = 0.05  # of the weights' norm: how far clipped steps can go, all together
CLIPPED = 0.8  # share of the measurements with a gradient above the threshold
DECAYED = 0.01  # of the largest rate: that of the last step
MEAN_RATE = 0.15  # of the largest rate, over all steps
LONG_MOMENTUM, LONG_BETA_1 = 0.99, 0.995
GOOD_SCORE = 0.7  # a model that is better than this has learned before its rate was gone
MIN_UPDATES = 10


def in_keras(training):
    """Every setting that explains a training which does not learn."""
    settings = training.settings
    outcome = training.outcome
    if settings is None or not (outcome.not_learned or outcome.score < GOOD_SCORE):
        return
    for check in (sign, epsilon, momentum, clipping, schedule, accumulation) if outcome.not_learned else (schedule,):
        fault = check(training, settings)
        if fault:
            what, why, advice, code = fault
            yield finding(training, "optimizer_setting", what, f"{why}; {training.outcome.sentence}.", advice, f"{code}\n")


def rates(training):
    """The rates at the measurements, and the steps of those."""
    series = training.measured.probe("learning_rate")
    return series.step, series.value


def gradient_size(training, settings):
    """The root mean square of the gradient's entries, the median of the measurements; NaN where none is finite."""
    norms = training.measured.probe("gradient_norm").value
    norms = norms[np.isfinite(norms)]
    return float(np.median(norms) / np.sqrt(settings.weights)) if norms.size and settings.weights else float("nan")


def sign(training, settings):
    """A rate that is never above 0."""
    largest = rates(training)[1].max(initial=-np.inf)
    if largest > 0 or np.isinf(largest):
        return None
    what = "The learning rate is 0." if largest == 0 and training.setup.learning_rate == 0 else "The learning rate is negative: every step goes uphill."
    return (
        what,
        f"the rate is at most {largest:g} at all measurements",
        "Give a rate above 0, such as 1e-3.",
        f"keras.optimizers.{training.setup.optimizer}(1e-3)",
    )


def epsilon(training, settings):
    """An epsilon that outweighs the gradient, or is next to 0."""
    size, name = gradient_size(training, settings), training.setup.optimizer
    code = f"keras.optimizers.{name}({training.setup.learning_rate:g}, epsilon=1e-7)"
    if settings.epsilon >= LARGE_EPSILON and settings.epsilon > EPSILON_TO_GRADIENT * size:
        share = f"a step is about {size / settings.epsilon:.1e} of the rate"
        why = f"the entries of the gradient are about {size:.1e} (root mean square), epsilon is {settings.epsilon:g}, so {share}"
        return f"The epsilon of {name} is so large that its steps are far shorter than the rate.", why, "Leave epsilon at 1e-7.", code
    if settings.epsilon < TINY_EPSILON and training.outcome.word == "diverged":
        why = f"epsilon is {settings.epsilon:g}, and {name} divides by it where a gradient is 0"
        return f"The epsilon of {name} is too small.", why, "Leave epsilon at 1e-7.", code
    return None


def momentum(training, settings):
    """A momentum that averages over more steps than it should."""
    name, rate = training.setup.optimizer, training.setup.learning_rate
    if settings.momentum >= LONG_MOMENTUM:
        factor = 1 / (1 - settings.momentum) if settings.momentum < 1 else np.inf
        why = f"momentum is {settings.momentum:g}, so the steps add up to {factor:.0f} times the rate of {rate:g}, over about as many steps"
        return (
            "The momentum is so large that old gradients outweigh new ones.",
            why,
            "Use a momentum of 0.9.",
            f"keras.optimizers.{name}({rate:g}, momentum=0.9)",
        )
    if settings.beta_1 >= LONG_BETA_1:
        why = (
            f"beta_1 is {settings.beta_1:g}, so {name} averages gradients over about {1 / max(1 - settings.beta_1, 1e-9):.0f} steps, of {training.steps} in all"
        )
        return (
            "The momentum (beta_1) is so large that old gradients outweigh new ones.",
            why,
            "Use a beta_1 of 0.9.",
            f"keras.optimizers.{name}({rate:g}, beta_1=0.9)",
        )
    return None


def clipping(training, settings):
    """A threshold so low that clipped steps cannot leave the initial weights."""
    setup = training.setup
    if not setup.clipping or not settings.weight_norm > 0:
        return None
    norms = training.measured.probe("gradient_norm").value
    spread = np.sqrt(settings.weights) if setup.clipping == "clipvalue" else 1.0
    longest = setup.clipping_threshold * spread  # norm of a clipped gradient
    if not np.mean(norms > longest) >= CLIPPED:
        return None
    typical = float(np.median(norms))
    suggested = f"{typical:.1g}" if setup.clipping != "clipvalue" else "1.0"
    advice = f"Raise {setup.clipping} to about {suggested}, or leave it out."
    code = f"keras.optimizers.{setup.optimizer}({setup.learning_rate:g}, global_clipnorm={typical:.1g})"
    if settings.epsilon == settings.epsilon:  # divides by the gradients, so that a threshold shortens steps only below epsilon
        if longest / np.sqrt(settings.weights) > settings.epsilon:
            return None
        why = f"gradients are clipped from norms about {typical:.2g} to {longest:.2g}, below the epsilon of {setup.optimizer}, {settings.epsilon:g}"
        return "The gradient is clipped so hard that nothing moves.", why, advice, code
    inertia = 1 / (1 - settings.momentum) if 0 <= settings.momentum < 1 else 1.0
    reach = setup.learning_rate * longest * training.steps * inertia / settings.weight_norm
    if reach > MIN_REACH:
        return None
    why = (
        f"gradients are clipped from norms about {typical:.2g} to {longest:.2g}; at a rate of {setup.learning_rate:g} all {training.steps} steps together "
        f"can move the weights by at most {reach:.1%} of their norm (limit {MIN_REACH:.0%})"
    )
    return "The gradient is clipped so hard that nothing moves.", why, advice, code


def schedule(training, settings):
    """A rate that falls to almost nothing in an early part of the training."""
    steps, values = rates(training)
    if training.outcome.word == "diverged" or len(steps) < 3 or not values.max() > 0 or values[-1] > DECAYED * values.max():
        return None
    mean = float(np.trapezoid(values, steps) / (steps[-1] - steps[0]) / values.max())
    if mean > MEAN_RATE:
        return None
    gone = int(steps[np.argmax(values <= DECAYED * values.max())])
    why = f"the rate falls from {values.max():.3g} to {values[-1]:.1e} and is below a hundredth of its largest by step {gone} of {training.steps}"
    name = f"The schedule {settings.schedule}" if settings.schedule else "A callback or schedule"
    advice = f"Let the rate fall over the whole training of {training.steps} steps, or keep it constant until the model learns."
    return (
        f"{name} takes the learning rate to almost 0 too early.",
        why,
        advice,
        f"keras.optimizers.schedules.CosineDecay({values.max():.3g}, {training.steps})",
    )


def accumulation(training, settings):
    """So many gradients for one update that hardly any is made."""
    updates = training.steps // settings.accumulation
    if settings.accumulation <= 1 or updates >= MIN_UPDATES:
        return None
    why = f"gradient_accumulation_steps is {settings.accumulation}, so {training.steps} steps make {updates} updates"
    advice = "Accumulate over fewer steps, or train longer."
    return "The weights are hardly ever updated.", why, advice, f"keras.optimizers.{training.setup.optimizer}({training.setup.learning_rate:g})"


CRITERIA = {
    f"Adam's epsilon is at least {LARGE_EPSILON:g} and {EPSILON_TO_GRADIENT:g} times the gradient's entries, or below {TINY_EPSILON:g} where the loss "
    "diverged": NOT_LEARNED,
    f"a rate of 0 or below, a momentum of {LONG_MOMENTUM:g} or beta_1 of {LONG_BETA_1:g} or more": NOT_LEARNED,
    f"clipped steps can move the weights by at most {100 * MIN_REACH:g} % of their norm; fewer than {MIN_UPDATES} updates": NOT_LEARNED,
    f"the rate falls below {DECAYED:g} of its largest, and is {MEAN_RATE:g} of that or less on average": f"score below {GOOD_SCORE:g}",
}
RULE = Rule("optimizer_setting", keras=KerasRule(460, in_keras, CRITERIA, consequences=(*STEPS, *RESULTS)))
