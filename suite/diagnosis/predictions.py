"""What a diagnosis predicts: which changes rescue the same trial. Measured by `unvanish validate`, stated before.

The reasons, for a trial at the baseline: what exploded needs a bound on its steps, which clipping gives at the same rate and
RMSprop by its normalisation, and not a gradient that reaches further (Pascanu et al. 2013). What is weak or has vanished never
meets the threshold of clipping; RMSprop rescales a gradient that is small, not one that is gone, for which only a gradient that
reaches further helps. With a rate that is too high every change at the same rate fails; RMSprop has a rate of its own. What
truncation cut off needs a longer window.
"""

from __future__ import annotations

CLIPPING, RMSPROP, ORTHOGONAL, LSTM, WINDOW = REMEDIES = ("gradient_clipping", "rmsprop", "orthogonal", "lstm", "longer window")

RESCUED_BY: dict[str, frozenset[str]] = {
    "exploded": frozenset({CLIPPING, RMSPROP}),
    "rate_too_high": frozenset({RMSPROP}),
    "weak": frozenset({RMSPROP}),
    "vanished": frozenset({ORTHOGONAL, LSTM}),
    "saturated": frozenset({RMSPROP, LSTM}),
    "dead": frozenset(),
    "truncated": frozenset({WINDOW}),
    "stalled": frozenset(),
}
