"""Records with one fault of the training regime each."""

import dataclasses

import numpy as np

from tests.support.records import record
from unvanish.suite.diagnosis.mode_facts import Modes, OptimizerSettings, Penalties
from unvanish.suite.diagnosis.rules.rate_too_low import MIN_DISTANCE
from unvanish.suite.diagnosis.sequence_facts import Mask, Padding

HIDDEN = Mask("masking", "Masking", 0.0, hidden=0.4, trailing=0.3, between=0.9, interior=0.3, empty=0.0, score=0.6)
PADDED = Padding("x", 0.0, leading=0.0, trailing=0.6, lengths=9, steps=50, masked=False)
PENALISED = (Penalties(0.7, 0.01, 1.0, 0.01, {"rnn": 4.0}), Penalties(0.4, 0.008, 0.5, 0.01, {"rnn": 3.5}))
SETTINGS = OptimizerSettings(epsilon=1e-7, beta_1=0.9, beta_2=0.999, weight_norm=10.0, end_weight_norm=10.0, weights=100)


def regime(score, masks=(), padding=(), modes=None, penalties=(), settings=None, **others):
    """A record with facts of the regime."""
    return dataclasses.replace(record(score, **others), masks=masks, padding=padding, modes=modes, penalties=penalties, settings=settings)


def modes(training, evaluation, accuracy=(np.nan, np.nan), statistics=(), dropout=()):
    """Two losses, the same in all of 16 chunks."""
    return Modes(np.full(16, training), np.full(16, evaluation), accuracy, statistics, dropout)


FAULTS = {
    "masked_data": regime(0.3, masks=(HIDDEN,)),
    "mask_lost": regime(0.2, masks=(dataclasses.replace(HIDDEN, between=0.0, score=np.nan, missed_by="rnn", lost_in="conv1d"),)),
    "unmasked_padding": regime(0.0, padding=(PADDED,), state_gradient={"rnn": np.geomspace(1e-3, 1, 20)}),
    "train_eval_mismatch": regime(-1.0, modes=modes(0.21, 1.4, (0.92, 0.5))),
    "over_regularised": regime(0.0, penalties=(Penalties(0.7, 40.0, 0.5, 12.0, {"rnn": 4.0}), Penalties(0.7, 1e-4, 0.01, 0.01, {"rnn": 0.01}))),
    "optimizer_setting": regime(0.0, update=MIN_DISTANCE / 200, settings=dataclasses.replace(SETTINGS, epsilon=2.0)),
    "too_short": record(-0.05, start_score=-2.0, losses=np.linspace(2.0, 0.7, 100)),
    "overfitting": record(0.9, validation=[0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
}
