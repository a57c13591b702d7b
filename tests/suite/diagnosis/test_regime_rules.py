"""Masks, modes, penalties, settings, length and overfitting: each rule fires on a record with its fault, and on none that is near it and sound."""

import dataclasses

import numpy as np
import pytest

from tests.support.records import layers_with, record
from tests.support.regimes import FAULTS, HIDDEN, PADDED, PENALISED, SETTINGS, modes, regime
from unvanish.suite.debugger.diagnosis import judge
from unvanish.suite.diagnosis.course import still_falling
from unvanish.suite.diagnosis.mode_facts import Dropout, Statistics
from unvanish.suite.diagnosis.rules.rate_too_high import round_up
from unvanish.suite.diagnosis.rules.rate_too_low import MIN_DISTANCE
from unvanish.suite.diagnosis.sequence_facts import LOSS


def causes(made):
    return [finding.cause for finding in judge(made).causes]


@pytest.mark.parametrize("cause", FAULTS)
def test_a_fault_of_the_regime_is_named_first(cause):
    assert causes(FAULTS[cause])[0] == cause


SOUND = {
    "masked padding": regime(0.8, masks=(dataclasses.replace(HIDDEN, between=0.0, score=np.nan),)),
    "missing values that say nothing": regime(0.3, masks=(dataclasses.replace(HIDDEN, score=0.0),)),
    "missing values that say less than the model": regime(0.9, masks=(HIDDEN,)),
    "a mask that is lost and not needed": regime(0.8, masks=(dataclasses.replace(HIDDEN, between=0.0, missed_by="rnn", lost_in="conv1d"),)),
    "padding that is learned": regime(0.8, padding=(PADDED,)),
    "usual dropout": regime(0.5, modes=modes(0.6, 0.35, dropout=(Dropout("dropout", 0.5),))),
    "statistics that lag a little": regime(0.5, modes=modes(0.3, 0.35, statistics=(Statistics("normal", 0.3, 1.2, 0.99),))),
    "a usual penalty": regime(0.5, penalties=PENALISED),
    "a momentum of 0.9": regime(0.5, settings=dataclasses.replace(SETTINGS, momentum=0.9)),
    "a loss that falls in a model that has learned": record(0.5, losses=np.linspace(0.7, 0.3, 100)),
    "a small gap": record(0.6, losses=np.linspace(0.7, 0.2, 100), validation=[0.6, 0.5, 0.4, 0.35, 0.34, 0.36, 0.37, 0.38]),
    "a validation loss that falls to the end": record(0.6, validation=np.linspace(0.6, 0.4, 10)),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_regime_gets_no_alarm(name):
    assert causes(SOUND[name]) == []


def test_an_epsilon_is_too_large_only_beside_the_gradient():
    small = regime(0.0, update=MIN_DISTANCE / 200, settings=dataclasses.replace(SETTINGS, epsilon=1e-7))
    assert causes(small) == ["rate_too_low"]


def test_what_follows_from_a_cause_of_the_regime_is_a_symptom():
    judged = judge(regime(0.0, padding=(PADDED,), state_gradient={"rnn": np.geomspace(1e-8, 1, 20)}))
    assert [(finding.cause, finding.follows) for finding in judged.findings] == [("unmasked_padding", ""), ("vanished", "unmasked_padding")]


def test_the_outcome_of_a_mismatch_says_both_losses():
    sentence = judge(FAULTS["train_eval_mismatch"]).outcome.sentence
    assert "0.21" in sentence and "1.4" in sentence and "accuracy 0.92 and 0.50" in sentence


def test_the_outcome_of_a_short_training_says_where_the_loss_was_and_is():
    diagnosis = judge(FAULTS["too_short"])
    assert "fell from 2.1 to 0.735 and was still falling" in diagnosis.outcome.sentence
    assert "learns nothing" not in str(diagnosis)


def test_a_score_that_is_that_of_before_training_is_at_the_baseline():
    assert judge(record(0.05, start_score=0.05)).outcome.word == "baseline"
    assert judge(record(0.05)).outcome.word == "learning"


def test_the_slope_at_the_end_is_that_of_a_line_and_noise_alone_has_none():
    noise = 0.05 * np.random.default_rng(0).normal(size=400)
    fall = still_falling(np.linspace(2, 1, 400) + noise)
    assert fall.slope == pytest.approx(-1 / 399, rel=0.1) and fall.now == pytest.approx(1, rel=0.02)
    assert still_falling(1 + noise) is None and still_falling(np.linspace(1, 2, 400)) is None and still_falling(np.array([2.0, 1.0])) is None


@pytest.mark.parametrize(("factor", "rounded"), [(10, 10), (11, 30), (99, 100), (300, 300), (301, 1000)])
def test_a_divisor_is_rounded_up_to_one_of_two_a_decade(factor, rounded):
    assert round_up(factor) == rounded


def test_the_divisor_is_that_of_the_first_step_whatever_later_ones_were():
    """A first step of a fifth of the weights, and one of a million times the weights once they have run away."""
    made = record(0.0, update=0.2)
    runaway = made.measured.curves["update_ratio"].copy()
    runaway[-1] = 1e6
    made = dataclasses.replace(made, measured=dataclasses.replace(made.measured, curves=made.measured.curves | {"update_ratio": runaway}))
    (finding,) = [each for each in judge(made).findings if each.cause == "rate_too_high"]
    assert finding.advice == "Divide the learning rate by 30."


def test_without_a_gradient_no_rate_is_advised():
    made = record(
        0.0, update=0.0, gradient_norms=(0.0,) * 4, layer_gradient=dict.fromkeys(("rnn", "hidden", "dense"), 0.0), state_gradient={"rnn": np.zeros(20)}
    )
    diagnosis = judge(made)
    assert [finding.cause for finding in diagnosis.causes] == ["frozen"] and "learning rate by" not in str(diagnosis)


def test_who_clips_and_has_an_lstm_is_told_neither():
    layers = layers_with("rnn", kind="LSTM", cell="LSTMCell", activation="tanh")
    (finding,) = judge(record(0.0, layers=layers, clipping=("clipnorm", 1.0), state_gradient={"rnn": np.geomspace(1e4, 1, 20)})).causes
    assert finding.cause == "exploded" and "LSTM" not in finding.advice and "clipnorm from 1" in finding.advice


def test_padding_in_the_targets_of_every_step_is_named_also_where_the_model_finds_it():
    padded = dataclasses.replace(PADDED, counted=True)
    assert causes(regime(0.2, padding=(padded,))) == ["unmasked_padding"] and causes(regime(0.7, padding=(padded,))) == []


def test_a_schedule_that_ends_early_is_named_in_a_model_that_has_learned_a_little():
    def with_rates(score, *rates):
        made = regime(score, settings=dataclasses.replace(SETTINGS, schedule="ExponentialDecay"))
        values = made.measured.probes["value"].copy()
        values[np.flatnonzero(made.measured.probes["probe"] == "learning_rate")] = rates
        return dataclasses.replace(made, measured=dataclasses.replace(made.measured, probes=made.measured.probes | {"value": values}))

    assert causes(with_rates(0.5, 1e-3, 9e-4, 1e-6, 1e-9)) == ["optimizer_setting"] and causes(with_rates(0.9, 1e-3, 9e-4, 1e-6, 1e-9)) == []
    assert causes(with_rates(0.5, 1e-3, 1e-3, 9e-4, 1e-9)) == []  # falls over the whole training


def test_bursts_are_a_spike_where_the_spectral_radius_has_grown():
    """As SGD makes them at 0.2 on the order of two symbols 24 steps back; whether one is ten times the usual depends on the rounding."""
    made = record(0.0, recurrent_changes=[0.04] * 8 + [0.3] + [0.04] * 8)
    radii = made.measured.probes["value"].copy()
    radii[np.flatnonzero(made.measured.probes["probe"] == "spectral_radius")[-1]] = 1.8
    grown = dataclasses.replace(made, measured=dataclasses.replace(made.measured, probes=made.measured.probes | {"value": radii}))
    assert causes(made) == ["no_signal"] and causes(grown) == ["exploded"]


def test_a_token_that_stands_between_others_is_none_of_padding():
    token = dataclasses.replace(HIDDEN, kind="Embedding", interior=0.9, score=0.0)
    assert causes(regime(0.4, masks=(token,))) == ["masked_data"] and causes(regime(0.9, masks=(token,))) == []
    assert causes(regime(0.4, masks=(dataclasses.replace(token, interior=0.1),))) == []


def test_a_mask_that_misses_the_loss_asks_for_weights():
    lost = dataclasses.replace(HIDDEN, between=0.0, missed_by=LOSS, lost_in="conv1d")
    (finding,) = judge(regime(0.0, masks=(lost,))).causes
    assert finding.cause == "mask_lost" and "sample_weight" in finding.advice
