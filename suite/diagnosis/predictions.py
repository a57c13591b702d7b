"""What a diagnosis predicts: which changes rescue the same trial. Measured by `unvanish validate`.

What exploded needs a bound on its steps, which clipping gives at the same rate and RMSprop by its normalisation (Pascanu et
al. 2013). What is weak or has vanished never meets the threshold of clipping; RMSprop rescales a gradient that is small, and
only a gradient that reaches further helps where it is gone. With a rate that is too high a clipped step is still too long.

Where the development split has ten or more such trials its majority stands above this reasoning: an LSTM, expected to help a
gradient that vanishes, also solved 19 of 28 that exploded and 6 of 9 with a rate too high; of those cut off by truncation the
whole sequence solved 16 of 79, since most of them then explode or stay weak. The held-out split had not been looked at.
"""

from __future__ import annotations

CLIPPING, RMSPROP, ORTHOGONAL, LSTM, WINDOW = REMEDIES = ("gradient_clipping", "rmsprop", "orthogonal", "lstm", "longer window")

RESCUED_BY: dict[str, frozenset[str]] = {
    "exploded": frozenset({CLIPPING, RMSPROP, LSTM}),
    "rate_too_high": frozenset({RMSPROP, LSTM}),
    "weak": frozenset({RMSPROP}),
    "vanished": frozenset({ORTHOGONAL, LSTM}),
    "saturated": frozenset({RMSPROP, LSTM}),
    "dead": frozenset(),
    "truncated": frozenset(),
    "stalled": frozenset(),
}
