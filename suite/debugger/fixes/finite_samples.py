"""Samples with NaN or infinity left out of the training."""

from dataclasses import replace

import numpy as np

from unvanish.suite.debugger.program import Change, Fix, NotPossible, finite_rows

CODE = "good = np.isfinite(x).reshape(len(x), -1).all(axis=1) & np.isfinite(y).reshape(len(y), -1).all(axis=1)\nmodel.fit(x[good], y[good], ...)\n"


def propose(program):
    """For data of which some samples hold such values."""
    bad = int((~finite_rows(program.data)[program.training]).sum())
    return [Change(f"{bad} training samples with NaN or infinity left out", without_them, CODE)] if bad else []


def without_them(program):
    """The program with the other samples; raises `NotPossible` where too few are left."""
    kept = program.training[finite_rows(program.data)[program.training]]
    if len(kept) < program.batch_size:
        raise NotPossible(f"{len(kept)} training samples are without NaN and infinity, fewer than a batch")
    return replace(program, training=np.sort(kept))


FIX = Fix("finite_samples", frozenset({"not_finite_data"}), propose, 1)
