"""Each rule on an outcome made to have the disease, and on one next to it that has not."""

import dataclasses

import numpy as np
import pytest

from suite.diagnosis import DIAGNOSES, judge
from suite.trial import evaluation_trials
from tests.made_up import outcome, probes, smoke

CONDITIONS = {(c.task.name, c.model, c.mitigation): c for c in smoke().conditions}


def diagnosis(task="first_symbol", model="rnn", mitigation="none", **figures):
    trial = evaluation_trials(CONDITIONS[task, model, mitigation], 0.1)[0]
    return judge(outcome(trial, **figures))


def reaching(condition, *ratios):
    """Probes between which the gradient at the information's step changes, relative to that at the end."""
    trial = evaluation_trials(condition, 0.1)[0]
    norms = np.ones((len(ratios), condition.task.length))
    norms[:, condition.task.information_distance :] = np.array(ratios)[:, None]
    healthy = {name: np.zeros(len(ratios)) for name in ("saturated_share", "dead_share", "spectral_radius", "largest_singular_value")}
    return probes(trial, step=np.arange(len(ratios)) * 20, gradients={"norm": norms, "total_norm": np.ones_like(norms)}, **healthy)


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
    verdict = diagnosis(**AT_BASELINE, probes=reaching(condition, 0.1, 1e-5, 1e-7)).verdict
    assert (verdict.diagnosis, verdict.since) == ("vanished", 20) and "1.0e-05" in verdict.rule
    assert diagnosis(**AT_BASELINE, probes=reaching(condition, 1e-5, 0.1, 1e-5)).verdict.diagnosis == "stalled"  # it had been there
    assert diagnosis(metric=0.5, probes=reaching(condition, 1e-5, 1e-5)).verdict.diagnosis == "learning"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_no_gradient_that_arrives(bad):
    condition = CONDITIONS["first_symbol", "rnn", "none"]
    verdict = diagnosis(**AT_BASELINE, probes=reaching(condition, 0.1, bad, 1e-9)).verdict
    assert (verdict.diagnosis, verdict.since) == ("exploded", 20)


def test_the_cell_carries_a_gradient_too():
    condition = CONDITIONS["first_symbol", "lstm", "none"]
    hidden = reaching(condition, 0.0, 0.0).gradients["norm"]
    for cell, word in ((np.ones_like(hidden), "stalled"), (0 * hidden, "vanished")):
        gradients = {"norm": hidden, "cell_norm": cell, "total_norm": np.ones_like(hidden), "total_cell_norm": np.ones_like(hidden)}
        assert diagnosis(model="lstm", **AT_BASELINE, probes=probes(evaluation_trials(condition, 0.1)[0], gradients=gradients)).verdict.diagnosis == word


@pytest.mark.parametrize(("word", "ill", "healthy"), [("dead", 0.9, 0.89), ("saturated", 0.5, 0.49)])
def test_units_that_pass_nothing_on_are_the_cause_that_is_named(word, ill, healthy):
    """Since the first of the probes from which on it was so; the gradient that has vanished follows from it."""
    condition = CONDITIONS["first_symbol", "rnn", "none"]
    vanished = reaching(condition, 0.1, 1e-9, 1e-9, 1e-9)
    share = {f"{word}_share": np.array([1.0, 0.0, ill, ill])}
    verdict = diagnosis(**AT_BASELINE, probes=dataclasses.replace(vanished, **share)).verdict
    assert (verdict.diagnosis, verdict.since) == (word, 40)
    share = {f"{word}_share": np.array([1.0, 1.0, 1.0, healthy])}
    assert diagnosis(**AT_BASELINE, probes=dataclasses.replace(vanished, **share)).verdict.diagnosis == "vanished"
    assert diagnosis(metric=0.5, probes=dataclasses.replace(vanished, **{f"{word}_share": np.ones(4)})).verdict.diagnosis == "learning"


def test_learning_began_when_the_score_first_left_the_baseline():
    base = outcome(evaluation_trials(CONDITIONS["first_symbol", "rnn", "none"], 0.1)[0])
    assert diagnosis(metric=0.5, curve=dataclasses.replace(base.curve, score=np.array([0.09, 0.3]))).verdict.since == 40


def test_an_explosion_that_stays_finite_began_with_its_largest_gradient():
    base = outcome(evaluation_trials(CONDITIONS["first_symbol", "rnn", "none"], 0.1)[0])
    curve = dataclasses.replace(base.curve, gradient_norm=np.array([50.0, 1.0]))
    assert diagnosis(metric=0.125, loss=2.2, median_gradient_norm=1.0, max_gradient_norm=50.0, curve=curve).verdict.since == 20


def test_a_mitigation_that_never_acted_is_inert():
    assert diagnosis(mitigation="gradient_clipping", clipped_share=0.0).inert == "clipping changed no gradient"
    assert diagnosis(mitigation="gradient_clipping", clipped_share=0.01).inert == ""
    assert diagnosis(mitigation="gradient_clipping", clipped_share=0.0, diverged_at=1).inert == ""
    assert diagnosis(mitigation="none", clipped_share=0.0).inert == ""
    condition = CONDITIONS["first_symbol", "rnn", "truncated_bptt"]
    for window, inert in ((condition.task.length, True), (condition.task.length - 1, False)):
        wide = dataclasses.replace(condition, changes={"truncation": window})
        assert bool(judge(outcome(evaluation_trials(wide, 0.1)[0])).inert) is inert


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
    condition = CONDITIONS["first_symbol", "rnn", "none"]
    ill = [{**AT_BASELINE, "probes": dataclasses.replace(reaching(condition, 0.1, 1e-9), **{f"{word}_share": np.ones(2)})} for word in ("dead", "saturated")]
    words = {diagnosis(**figures).verdict.diagnosis for figures in ({"metric": 1.0}, {"metric": 0.5}, {"loss": np.nan}, AT_BASELINE, *ill)}
    assert words <= set(DIAGNOSES)
