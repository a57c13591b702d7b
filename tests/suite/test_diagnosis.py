"""Each rule on an outcome made to have the disease, and on one next to it that has not."""

import dataclasses

import numpy as np
import pytest

from suite.diagnosis import DIAGNOSES, judge
from suite.trial import GradientNorms, evaluation_trials
from tests.made_up import outcome, smoke

CONDITIONS = {(c.task.name, c.model, c.mitigation): c for c in smoke().conditions}


def diagnosis(task="first_symbol", model="rnn", mitigation="none", **figures):
    trial = evaluation_trials(CONDITIONS[task, model, mitigation], 0.1)[0]
    return judge(outcome(trial, **figures))


def gradients(condition, ratio):
    norms = np.ones((2, condition.task.length))
    norms[1, condition.task.information_distance :] = ratio
    norms[0, condition.task.information_distance :] = ratio
    return GradientNorms(np.array([0, 40]), norms)


AT_BASELINE = {"metric": 0.125, "loss": 2.07}


def test_solved_needs_the_criterion_on_the_test_set():
    assert diagnosis(metric=0.99).verdict.diagnosis == "solved"
    assert diagnosis(metric=0.9899).verdict.diagnosis == "learning"


@pytest.mark.parametrize(("loss", "metric"), [(np.nan, 1.0), (np.inf, 1.0), (0.0, np.nan), (np.nan, np.nan)])
def test_nothing_that_is_not_a_number_is_ever_solved(loss, metric):
    result = diagnosis(loss=loss, metric=metric)
    assert (result.verdict.diagnosis, result.score, result.solved_at) == ("exploded", 0.0, None)


def test_a_trial_that_diverged_is_exploded_even_with_a_perfect_metric():
    result = diagnosis(loss=0.0, metric=1.0, diverged_at=17)
    assert (result.verdict.diagnosis, result.verdict.since, result.solved_at) == ("exploded", 17, None)


def test_a_burst_that_leaves_the_loss_above_the_baseline_is_an_explosion():
    above = {"metric": 0.125, "loss": 2.2, "median_gradient_norm": 1.0}
    assert diagnosis(**above, max_gradient_norm=50.0).verdict.diagnosis == "exploded"
    assert diagnosis(**above, max_gradient_norm=5.0).verdict.diagnosis != "exploded"
    assert diagnosis(**AT_BASELINE, max_gradient_norm=50.0).verdict.diagnosis != "exploded"


def test_vanished_is_at_the_baseline_without_a_gradient_at_the_information():
    condition = CONDITIONS["first_symbol", "rnn", "none"]
    assert diagnosis(**AT_BASELINE, gradients=gradients(condition, 1e-5)).verdict.diagnosis == "vanished"
    assert diagnosis(**AT_BASELINE, gradients=gradients(condition, 0.1)).verdict.diagnosis == "stalled"
    assert diagnosis(metric=0.5, gradients=gradients(condition, 1e-5)).verdict.diagnosis == "learning"


def test_truncation_that_ends_before_the_information_is_called_so():
    assert diagnosis(mitigation="truncated_bptt", **AT_BASELINE).verdict.diagnosis == "truncated"


def test_a_model_without_state_at_the_baseline_is_memoryless():
    assert diagnosis(model="feedforward", **AT_BASELINE).verdict.diagnosis == "memoryless"


def test_solved_at_is_the_first_evaluation_that_met_the_criterion_of_a_trial_that_ends_solved():
    base = outcome(evaluation_trials(CONDITIONS["first_symbol", "rnn", "none"], 0.1)[0], metric=1.0)
    late = dataclasses.replace(base.curve, metric=np.array([0.5, 1.0]))
    assert diagnosis(metric=1.0, curve=late).solved_at == 40
    assert diagnosis(metric=0.5, curve=late).solved_at is None  # it had solved the task, and lost it


def test_every_diagnosis_is_explained():
    words = {diagnosis(**figures).verdict.diagnosis for figures in ({"metric": 1.0}, {"metric": 0.5}, {"loss": np.nan}, AT_BASELINE)}
    assert words <= set(DIAGNOSES)
