"""The prediction that each cause of a failure makes: which changes of one thing bring the same trial above the baseline. Scored by `unvanish validate`.

After a gradient spike steps need a bound, which clipping gives at the same rate and RMSprop by its normalisation (Pascanu et
al. 2013). A gradient that is weak or has vanished never meets the threshold of clipping; RMSprop rescales what is small, and
only a gradient that reaches further helps where it is gone. With a rate that is too high a clipped step is still too long.

Where the development split has ten or more such trials its majority stands above this reasoning. So an LSTM, expected to help
where the gradient vanishes, is also expected to help after a spike; and the whole sequence not to help a trial that truncation
cut off, most of which then have a spike or a weak gradient instead.
"""

from __future__ import annotations

CLIPPING, RMSPROP, ORTHOGONAL, LSTM, WINDOW = REMEDIES = ("gradient_clipping", "rmsprop", "orthogonal", "lstm", "longer window")

RESCUED_BY: dict[str, frozenset[str]] = {
    "exploded": frozenset({CLIPPING, RMSPROP, LSTM}),
    "rate_too_high": frozenset({RMSPROP, LSTM}),
    "weak": frozenset({RMSPROP, LSTM}),
    "vanished": frozenset({ORTHOGONAL, LSTM}),
    "saturated": frozenset({RMSPROP, LSTM}),
    "dead": frozenset(),
    "truncated": frozenset(),
    "none_seen": frozenset(),
}
