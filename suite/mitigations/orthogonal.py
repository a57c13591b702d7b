"""Initialise the recurrent weights as orthogonal matrices."""

import numpy as np

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation

ORTHOGONAL_GATES = """
def orthogonal_gates(shape, dtype=None):
    blocks = [keras.initializers.Orthogonal()((units, units), dtype) for _ in range(shape[1] // units)]
    return keras.ops.concatenate(blocks, axis=1)
"""


def orthogonal(random: np.random.Generator, hidden: int) -> np.ndarray:
    """Draw uniformly from the orthogonal matrices: QR of a Gaussian matrix with the signs of R's diagonal (Mezzadri 2007)."""
    q, r = np.linalg.qr(random.normal(size=(hidden, hidden)))
    return q * np.sign(np.diag(r))


class Orthogonal(Mitigation):
    """An orthogonal matrix for each gate (Saxe et al. 2014)."""

    name = "orthogonal"
    summary = "recurrent weights start as orthogonal matrices (one a gate), whose powers neither grow nor shrink"
    against = "both"
    reference = "Saxe et al. 2014"
    rescues = frozenset({"vanished"})  # only a gradient that reaches further helps where it is gone
    rescues_at_best_rate = frozenset({"vanished", "rate_too_high", "weak"})  # from the other two by its rate
    position = 10
    replaces = frozenset({"initial recurrent weights"})

    def not_applicable(self, model):
        return None if model.recurrent_blocks else "there are no recurrent weights"

    def keras_code(self, model):
        if model.gated:
            return KerasCode(layer={"recurrent_initializer": "orthogonal_gates"}, functions=ORTHOGONAL_GATES)
        return KerasCode(layer={"recurrent_initializer": "keras.initializers.Orthogonal()"})

    def init_weights(self, weights, context):
        blocks = [orthogonal(context.random("recurrent_kernel", block), context.sizes.hidden) for block in range(context.model.recurrent_blocks)]
        return weights | {"recurrent_kernel": np.concatenate(blocks, axis=1).astype(np.float32)}


MITIGATION = Orthogonal
