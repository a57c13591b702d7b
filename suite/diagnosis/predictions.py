"""The prediction that each cause of a failure makes: which changes of one thing bring the same trial above the baseline. Scored by `unvanish validate`.

A remedy is tried at two learning rates, and a prediction says which of the two it means. At the very rate of the trial that failed, what is
measured is the remedy alone. At the remedy's own best rate, the one that tuning chose for it, what is measured is the remedy as it is used,
with the rate it needs. A remedy with a grid of rates of its own is tried at its own best rate only. So is the remedy that is nothing but
another rate: the trial's own model and mitigation at their best rate.

Each remedy says in its own file from which causes it is predicted to rescue: `rescues` at the same rate, `rescues_at_best_rate` at its own
best one. After a gradient spike steps need a bound, which clipping gives at the same rate and RMSprop by its normalisation (Pascanu et al.
2013). A gradient that is weak or has vanished never meets the threshold of clipping, so at the same rate clipping does nothing to it. With a
rate that is too high a clipped step is still too long. RMSprop rescales what is small, and only a gradient that reaches further helps where
it is gone.

A weak gradient needs a larger rate first of all, and one that is too high needs a smaller one, so these two causes predict that another rate
rescues. Every remedy at its own best rate has another rate too, and is predicted to rescue from them as well; clipping makes the
larger rate safe. A gradient that has vanished, or that ends before the information, is not expected back at another rate.

Where the development split has ten or more such trials at the same rate, its majority stands above this reasoning. So an LSTM, expected to
help where the gradient vanishes, is also expected to help after a spike; and the whole sequence not to help a trial that truncation
cut off, most of which then have a spike or a weak gradient instead.
"""

from __future__ import annotations

from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS

SAME, OWN_BEST = "same", "own best"  # the learning rate of a remedy: that of the trial that failed, or the one that tuning chose for the remedy
LONGER_WINDOW = "longer window"  # the remedy of a trial that truncation cut off
ANOTHER_RATE = "another rate"  # the trial's own model and mitigation at their own best rate
RESCUED_BY_RATE = frozenset({"rate_too_high", "weak"})


def predictions() -> dict[tuple[str, str], frozenset[str]]:
    """Return for each remedy and rate, `SAME` or `OWN_BEST`, at which it is tried the causes from which it is predicted to rescue.

    Mitigations come first, then models in place of the trial's own, a longer window and another rate.
    """
    declared = {
        (remedy.name, rate): causes
        for remedy in (*MITIGATIONS, *MODELS)
        for rate, causes in ((SAME, remedy.rescues), (OWN_BEST, remedy.rescues_at_best_rate))
        if causes is not None
    }
    return declared | {
        (LONGER_WINDOW, SAME): frozenset(),
        (LONGER_WINDOW, OWN_BEST): RESCUED_BY_RATE,
        (ANOTHER_RATE, OWN_BEST): RESCUED_BY_RATE,
    }
