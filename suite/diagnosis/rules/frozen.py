"""Weights that are not trained, or that no gradient reaches.

A trial of the suite is frozen by intent, as a control. In a user's model weights that are frozen by intent are usual too (a part that
was trained before), so they are a finding only where the model does not learn; a layer that is trained and gets no gradient always is.
"""

from unvanish.suite.diagnosis.rule import ANY, NOT_LEARNED, KerasRule, Rule, TrialRule, finding
from unvanish.suite.experiment.trial import Event

MEANING = "input and recurrent weights are not trained, by intent"


def in_trial(facts, measured):
    """At step 0 of any trial whose mitigation freezes the state."""
    return None if facts.mitigations.trains_state else Event("frozen", 0, MEANING)


def in_keras(training):
    """Layers that no gradient reaches though others get one, and those that are not trained."""
    setup, measured = training.setup, training.measured
    gradients = {layer.name: measured.probe("gradient_norm", layer.name).value for layer in setup.weighted}
    cut = [layer.name for layer in setup.weighted if layer.trainable and layer.kind != "Embedding" and is_zero(gradients[layer.name])]
    recurrent = {layer.name for layer in setup.recurrent}
    if recurrent - set(cut):
        cut = [name for name in cut if name not in recurrent]  # a part of the time is cut off: truncated
    dead = any((measured.probe("dead_share", layer).value >= 1).any() for layer in measured.layers("dead_share"))
    if cut and not dead and any((norms > 0).any() for norms in gradients.values()):
        yield finding(
            training,
            "frozen",
            what=f"No gradient reaches {cut[0]}.",
            why=f"the gradient of {', '.join(cut)} is exactly zero at all {len(training.probe_steps)} measurements, that of other layers is not.",
            advice="Look for stop_gradient, rounding, argmax or conversion to NumPy between that layer and the loss.",
        )
    untrained = [layer for layer in setup.weighted if not layer.trainable and not layer.normalises]
    share = sum(layer.parameters for layer in untrained) / max(sum(layer.parameters for layer in setup.weighted), 1)
    if not untrained or not training.outcome.not_learned:
        return
    yield finding(
        training,
        "frozen",
        what=f"{untrained[0].name} is not trained, and the model does not learn.",
        why=f"{', '.join(layer.name for layer in untrained)} with {share:.0%} of the weights have trainable=False; {training.outcome.sentence}.",
        advice="Train them, or load trained weights into them first.",
        snippet=f'model.get_layer("{untrained[0].name}").trainable = True\nmodel.compile(...)  # again, so that it takes effect\n',
    )


def is_zero(norms):
    """Return whether a norm that was measured is exactly zero each time."""
    return norms.size > 0 and (norms == 0).all()


RULE = Rule(
    "frozen",
    TrialRule(1, in_trial, MEANING, alone=True),
    KerasRule(
        300,
        in_keras,
        {"no gradient reaches trained weights": ANY, "weights of a layer are not trained": NOT_LEARNED},
        consequences=("no_signal", "rate_too_low", "vanished"),
    ),
)
