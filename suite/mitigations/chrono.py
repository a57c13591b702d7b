"""Initialise the gates so that their time constants cover the length of the sequences."""

import numpy as np

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation

CODE = {
    "lstm": """
def chrono(shape, dtype=None):  # input, forget, cell, output gate
    forget = keras.ops.log(keras.random.uniform((units,), 1.0, float(max(length - 1, 1))))
    rest = keras.ops.zeros((2 * units,))
    return keras.ops.concatenate([-forget, forget, rest])
""",
    "gru": """
def chrono(shape, dtype=None):  # update, reset gate, candidate; the second row is the recurrent bias
    update = keras.ops.log(keras.random.uniform((units,), 1.0, float(max(length - 1, 1))))
    first = keras.ops.concatenate([update, keras.ops.zeros((2 * units,))])
    return keras.ops.stack([first, keras.ops.zeros((3 * units,))])
""",
}


class Chrono(Mitigation):
    """Biases log U[1, T - 1] of gates that keep the state, and the negative of gates that overwrite it (Tallec & Ollivier 2018)."""

    name = "chrono"
    summary = "forget gates (lstm) or update gates (gru) start with biases log U[1, T - 1], so memories last up to T steps"
    against = "vanishing"
    reference = "Tallec & Ollivier 2018"
    position = 11
    replaces = frozenset({"initial biases"})

    def not_applicable(self, model):
        if not model.gated:
            return "there are no gates"
        return None if any(gate.keeps for gate in model.gates if gate.input) else "no gate is said to keep the state or to overwrite it"

    def keras_code(self, model):
        if model.name not in CODE:
            return None
        layer = {"bias_initializer": "chrono"} | ({"unit_forget_bias": "False"} if model.name == "lstm" else {})
        return KerasCode(layer=layer, functions=CODE[model.name])

    def init_weights(self, weights, context):
        bias = np.log(context.random("bias", 0).uniform(1, max(context.sizes.length - 1, 1), size=context.sizes.hidden))
        gates = [gate for gate in context.model.gates if gate.input]
        blocks = np.split(weights["bias"], len(gates))
        chosen = [gate.keeps * bias if gate.keeps else block for gate, block in zip(gates, blocks, strict=True)]
        return weights | {"bias": np.concatenate(chosen).astype(np.float32)}


MITIGATION = Chrono
