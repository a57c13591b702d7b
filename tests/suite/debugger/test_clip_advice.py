"""The threshold that recorded norms suggest, and the cases in which no threshold helps."""

import numpy as np
import pytest

from tests.support.records import record
from unvanish.suite.debugger.clip_advice import AUTOCLIP_PERCENTILE, clip_advice


def with_norms(*norms, **changes):
    return record(gradient_norms=norms, **changes)


def test_the_threshold_is_autoclips_percentile_of_the_norms():
    norms = np.random.default_rng(0).lognormal(size=50)
    advice = clip_advice(with_norms(*norms, 100.0))
    assert advice.needed and advice.threshold == pytest.approx(np.percentile([*norms, 100.0], 10)) and "Clip by the global norm" in advice.sentence


def test_steady_norms_need_no_clipping():
    assert not clip_advice(with_norms(9.0, 1.0, 1.1, 0.9, 1.2)).needed  # the first is the fall from the initial weights


def test_the_share_that_the_optimizer_clips_is_that_above_its_threshold():
    assert clip_advice(with_norms(0.5, 1.5, 2.5, np.nan, clipping=("global_clipnorm", 2.0))).clipped_share == 0.5
    assert np.isnan(clip_advice(with_norms(1.0)).clipped_share)


def test_clipping_cannot_help_a_forward_pass_that_overflows():
    sentence = clip_advice(with_norms(np.nan, np.nan, nonfinite=("rnn",))).sentence
    assert "cannot help" in sentence and "rnn" in sentence


def test_clipping_cannot_help_a_gradient_that_has_vanished():
    advice = clip_advice(record(state_gradient={"rnn": np.geomspace(1e-8, 1, 20)}))
    assert not advice.needed and "cannot help" in advice.sentence


def test_before_a_spike_the_threshold_is_that_of_the_norms_until_then():
    # the spike is at step 44, the last measurement at step 100
    advice = clip_advice(with_norms(1.0, 2.0, 3.0, 50.0, score=0.0, recurrent_changes=[0.005] * 10 + [0.5, 0.005]))
    assert advice.needed and "step 44" in advice.sentence
    assert advice.threshold == pytest.approx(np.percentile([1.0, 2.0, 3.0], AUTOCLIP_PERCENTILE))
