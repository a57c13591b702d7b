"""Gates that start open for as long as the sequences are."""

from __future__ import annotations

import numpy as np

from unvanish.suite.studies.reproduction.adding_long import BASELINE, STUDY
from unvanish.suite.studies.reproduction.known_result import KnownResult, Measurement, Tables, matching

LAG, HALF, RATIO = 200, 0.5, 1.5


def measure(tables: Tables) -> Measurement:
    """Compare the median steps to half the baseline's loss with and without chrono initialization."""
    steps = {mitigation: median_steps(tables, mitigation) for mitigation in ("rmsprop", "chrono+rmsprop")}
    ratio = min(steps["rmsprop"], STUDY.steps) / steps["chrono+rmsprop"]  # of one that never gets there, what it is at least
    words = {name: f"{count:.0f} steps" if np.isfinite(count) else f"not within {STUDY.steps} steps" for name, count in steps.items()}
    more = "" if np.isfinite(steps["rmsprop"]) else "more than "
    text = f"length {LAG}: {words['rmsprop']} with forget bias 1, {words['chrono+rmsprop']} with chrono, a ratio of {more}{ratio:.1f}"
    return Measurement(text, bool(ratio >= RATIO))


def median_steps(tables: Tables, mitigation: str) -> float:
    """Return the steps to half the baseline's loss on the validation set; a trial that does not get there, or does not stay, counts as infinitely slow."""
    curves = matching(tables.curves, phase="evaluate", model="lstm", lag=LAG, mitigation=mitigation)
    stays = curves[curves.step == STUDY.steps].set_index("seed").loss <= HALF * BASELINE
    first = curves[(curves.loss <= HALF * BASELINE) & curves.seed.map(stays)].groupby("seed").step.min()
    return float(first.reindex(curves.seed.unique()).fillna(np.inf).median())


RESULT = KnownResult(
    name="chrono",
    source="Tallec & Ollivier 2018",
    published="adding, length 750: an LSTM with chrono initialization needs several times fewer steps than with a forget bias of 1",
    expected=f"at length {LAG}, at least {RATIO:g} times fewer steps to half the baseline's loss, in the median",
    position=5,
    study=STUDY,
    measure=measure,
)
