"""Units of a layer that start equal: they get equal gradients and stay equal."""

from unvanish.suite.debugger.finding import Rule, found


def look(record, outcome):
    weighted = [layer for layer in record.setup.layers if layer.parameters and not layer.normalises]
    equal = [layer.name for layer in weighted[:-1] if layer.symmetric and layer.trainable]  # a last layer of zeros is trained well
    if not equal:
        return None
    return found(
        "symmetric",
        record,
        0,
        f"All units of {equal[0]} start with the same weights.",
        f"equal columns in every weight matrix of {', '.join(equal)}: equal units get equal gradients, so a layer of them is one unit.",
        "Draw the weights at random.",
        'keras.layers.Dense(units, kernel_initializer="glorot_uniform")\n',
    )


RULE = Rule("symmetric", 25, "the units of a layer start with the same weights", look)
