"""The prediction that each cause of a failure makes: which changes of one thing bring the same trial above the baseline. Scored by `unvanish validate`.

Each remedy says in its own file, as `rescues`, from which causes it is predicted to rescue. After a gradient spike steps need a bound,
which clipping gives at the same rate and RMSprop by its normalisation (Pascanu et al. 2013). A gradient that is weak or has vanished
never meets the threshold of clipping; RMSprop rescales what is small, and only a gradient that reaches further helps where it is gone.
With a rate that is too high a clipped step is still too long.

Where the development split has ten or more such trials its majority stands above this reasoning. So an LSTM, expected to help
where the gradient vanishes, is also expected to help after a spike; and the whole sequence not to help a trial that truncation
cut off, most of which then have a spike or a weak gradient instead.
"""

from __future__ import annotations

from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS

LONGER_WINDOW = "longer window"  # the remedy of a trial that truncation cut off


def remedies() -> dict[str, frozenset[str]]:
    """Return the causes from which each remedy is predicted to rescue: mitigations, then models in place of the trial's own, then a longer window."""
    return {remedy.name: remedy.rescues for remedy in (*MITIGATIONS, *MODELS) if remedy.rescues is not None} | {LONGER_WINDOW: frozenset()}
