"""Units of a layer that start equal: they get equal gradients and stay equal."""

from unvanish.suite.diagnosis.rule import ANY, KerasRule, Rule, finding


def in_keras(training):
    """Such layers, but for the last: one of zeros is trained well."""
    weighted = [layer for layer in training.setup.weighted if not layer.normalises]
    equal = [layer.name for layer in weighted[:-1] if layer.symmetric and layer.trainable]
    if not equal:
        return
    yield finding(
        training,
        "symmetric",
        what=f"All units of {equal[0]} start with the same weights.",
        why=f"equal columns in every weight matrix of {', '.join(equal)}: equal units get equal gradients, so a layer of them is one unit.",
        advice="Draw the weights at random.",
        snippet='keras.layers.Dense(units, kernel_initializer="glorot_uniform")\n',
    )


RULE = Rule(
    "symmetric",
    keras=KerasRule(
        250,
        in_keras,
        {"every weight matrix of a layer before the last has equal columns": ANY},
        consequences=("saturated", "dead", "no_signal", "rate_too_low"),
    ),
)
