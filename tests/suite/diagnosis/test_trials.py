"""Outcome, events and the word made of both, on trials made to have them and on ones next to these that do not."""

import dataclasses

import numpy as np
import pytest

from tests.support.benchmarks import smoke, trained
from unvanish.suite.diagnosis import DIAGNOSES, EVENTS, OUTCOMES, judge
from unvanish.suite.diagnosis.rules.exploded import SPIKE
from unvanish.suite.diagnosis.rules.rate_too_high import MAX_UPDATE_RATIO
from unvanish.suite.diagnosis.rules.vanished import VANISHED
from unvanish.suite.diagnosis.rules.weak import WEAK
from unvanish.suite.experiment.trial import Probes, evaluation_trials
from unvanish.suite.mitigations import find

CONDITIONS = {(c.task.name, c.model, c.mitigation): c for c in smoke().conditions}
RNN = CONDITIONS["first_symbol", "rnn", "none"]
AT_BASELINE = {"metric": 0.125, "loss": 2.07}


def result(task="first_symbol", model="rnn", mitigation="none", **figures):
    return judge(trained(evaluation_trials(CONDITIONS[task, model, mitigation], 0.1)[0], **figures))


def diagnosis(*arguments, **figures):
    return result(*arguments, **figures).diagnosis


def reaching(*ratios, condition=RNN, **shares):
    """Probes every 20 steps, between which the gradient at the information's step changes, relative to that at the end."""
    norms = np.ones((len(ratios), condition.task.length))
    norms[:, condition.task.information_distance :] = np.array(ratios)[:, None]
    shown = {f"{name}_share": np.array(shares.get(name, np.zeros(len(ratios)))) for name in ("saturated", "dead")}
    return Probes(np.arange(len(ratios)) * 20, shown, {"norm": norms, "total_norm": np.ones_like(norms)})


def curve(largest, median=None, score=0.0, update_ratio=None):
    """An evaluation every 20 steps."""
    largest = np.array(largest, float)
    flat = np.ones(len(largest))
    base = trained(evaluation_trials(RNN, 0.1)[0]).curve
    return dataclasses.replace(
        base,
        step=20 * np.arange(1, len(largest) + 1),
        loss=flat,
        metric=0.125 * flat,
        score=score * flat,
        training_loss=flat,
        gradient_norm=largest,
        gradient_norm_median=flat if median is None else np.array(median, float),
        clipped_share=0 * flat,
        update_ratio=1e-3 * flat if update_ratio is None else np.array(update_ratio),
    )


def named(found):
    return [(event.name, event.step) for event in found.events]


def test_solved_needs_the_criterion_on_the_test_set():
    assert diagnosis(metric=0.99).word == diagnosis(metric=0.99).outcome == "solved"
    assert diagnosis(metric=0.9899).word == diagnosis(metric=0.9899).outcome == "learning"


@pytest.mark.parametrize(("loss", "metric"), [(np.nan, 1.0), (np.inf, 1.0), (0.0, np.nan), (np.nan, np.nan)])
def test_nothing_that_is_not_a_number_is_ever_solved(loss, metric):
    judged = result(loss=loss, metric=metric)
    assert (judged.diagnosis.outcome, judged.diagnosis.word, judged.score, judged.solved_at) == ("diverged", "exploded", 0.0, None)


def test_a_trial_that_diverged_is_exploded_even_with_a_perfect_metric():
    judged = result(loss=0.0, metric=1.0, diverged_at=17)
    assert (judged.diagnosis.outcome, judged.diagnosis.word, judged.diagnosis.onset_step, judged.solved_at) == ("diverged", "exploded", 17, None)
    assert named(judged.diagnosis) == [("exploded", 17)]


def test_the_textbook_case_is_called_by_what_came_first():
    """A plain network whose gradient reached the information, met a norm of 717 and vanished for it: exploded."""
    found = diagnosis(**AT_BASELINE, curve=curve([0.9, 717, 0.1], [0.4, 0.4, 0.01]), probes=reaching(0.4, 0.4, 1e-5, 9e-14))
    assert (found.outcome, found.cause, found.word, found.onset_step) == ("baseline", "exploded", "exploded", 40)
    assert named(found) == [("exploded", 40), ("vanished", 40)]
    assert "717 at step 40, median 0.4" in found.rule and "vanished since step 40" in found.rule


def test_the_same_gradient_that_vanished_without_a_spike_is_vanished():
    found = diagnosis(**AT_BASELINE, curve=curve([0.9, 0.9, 0.1]), probes=reaching(0.4, 0.4, 1e-5, 9e-14))
    assert (found.word, named(found), found.onset_step) == ("vanished", [("vanished", 40)], 40)


def test_one_probe_does_not_outvote_those_after_it():
    """The largest of all probes is the first; what counts is that the gradient did not come back."""
    assert diagnosis(**AT_BASELINE, probes=reaching(0.4, 1e-9, 1e-9)).word == "vanished"
    assert diagnosis(**AT_BASELINE, probes=reaching(0.4, 1e-9, 0.4)).word == "none_seen"


def test_vanished_is_relative_to_what_had_reached_the_information():
    just_above, just_below = 0.2 * VANISHED * 1.01, 0.2 * VANISHED * 0.99
    assert diagnosis(**AT_BASELINE, probes=reaching(0.1, 0.2, just_above)).word == "none_seen"
    assert diagnosis(**AT_BASELINE, probes=reaching(0.1, 0.2, just_below)).word == "vanished"


def test_a_gradient_that_is_small_from_the_start_is_weak_and_not_vanished():
    found = diagnosis(model="gru", **AT_BASELINE, probes=reaching(9e-5, 8e-5, 9e-5))
    assert (found.word, found.onset_step) == ("weak", 0) and "9.0e-05 before training" in found.rule
    assert diagnosis(**AT_BASELINE, probes=reaching(0.5 * WEAK, 2 * WEAK, 0.5 * WEAK)).word == "none_seen"
    found = diagnosis(**AT_BASELINE, probes=reaching(0.5 * WEAK, 0.5 * WEAK * VANISHED / 2))
    assert named(found) == [("weak", 0), ("vanished", 20)] and found.word == "weak"
    assert all("a larger learning rate is the first thing to try" in meanings["weak"] for meanings in (EVENTS, DIAGNOSES))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_probe_that_is_not_finite_is_no_gradient_that_vanished(bad):
    assert diagnosis(**AT_BASELINE, probes=reaching(0.1, bad, 0.1)).word == "none_seen"
    assert diagnosis(**AT_BASELINE, probes=reaching(0.1, 1e-9, bad)).word == "none_seen"


def test_the_cell_carries_a_gradient_too():
    condition = CONDITIONS["first_symbol", "lstm", "none"]
    fallen = reaching(1.0, 0.0, 0.0, condition=condition).gradients["norm"]
    for cell, word in ((np.ones_like(fallen), "none_seen"), (fallen, "vanished")):
        gradients = {"norm": fallen, "cell_norm": cell, "total_norm": np.ones_like(fallen), "total_cell_norm": np.ones_like(fallen)}
        figures = dataclasses.replace(reaching(1, 1, 1, condition=condition), by_step=gradients)
        assert diagnosis(model="lstm", **AT_BASELINE, probes=figures).word == word


def test_a_spike_is_measured_against_what_was_typical_until_then():
    assert named(diagnosis(**AT_BASELINE, curve=curve([1, 1.01 * SPIKE, 1]))) == [("exploded", 40)]
    assert named(diagnosis(**AT_BASELINE, curve=curve([1, 0.99 * SPIKE, 1]))) == []
    # the large norms of the first steps are those of the initial weights
    assert named(diagnosis(**AT_BASELINE, curve=curve([99, 1, 1]))) == []
    # norms that are small after the fall of the loss do not make a spike of what was typical before
    assert named(diagnosis(**AT_BASELINE, curve=curve([2, 2, 1e-3, 1e-3, 1e-3], [1, 1, 1e-3, 1e-3, 1e-3]))) == []


def test_steps_that_are_too_long_come_before_the_spike_of_the_same_block():
    """Clipping cannot help there: a step of norm 1 at that rate is already too long."""
    long, short = 1.01 * MAX_UPDATE_RATIO, 0.99 * MAX_UPDATE_RATIO
    found = diagnosis(**AT_BASELINE, curve=curve([1, 99], [1, 1], update_ratio=[short, long]))
    assert (named(found), found.word) == ([("rate_too_high", 40), ("exploded", 40)], "rate_too_high")
    assert diagnosis(**AT_BASELINE, curve=curve([1, 99, 1], [1, 1, 1], update_ratio=[short, short, long])).word == "exploded"
    assert diagnosis(**AT_BASELINE, curve=curve([1, 99], [1, 1], update_ratio=[short, np.nan])).word == "exploded"


def test_a_trial_that_diverges_by_steps_that_are_too_long_is_called_by_these():
    found = result(diverged_at=7, loss=np.nan, metric=np.nan, curve=curve([9, np.nan], [1, np.nan], update_ratio=[0.5, np.nan])).diagnosis
    assert (found.outcome, found.word, found.cause, named(found)) == ("diverged", "exploded", "rate_too_high", [("rate_too_high", 7), ("exploded", 7)])


@pytest.mark.parametrize(("word", "ill", "healthy"), [("dead", 0.9, 0.89), ("saturated", 0.5, 0.49)])
def test_units_that_pass_nothing_on_are_dated_by_the_first_probe_from_which_on_it_was_so(word, ill, healthy):
    found = diagnosis(**AT_BASELINE, probes=reaching(0.1, 0.1, 1e-9, 1e-9, **{word: [1.0, 0.0, ill, ill]}))
    assert named(found) == [(word, 40), ("vanished", 40)] and found.word == word
    found = diagnosis(**AT_BASELINE, probes=reaching(0.1, 0.1, 1e-9, 1e-9, **{word: [1.0, 1.0, 1.0, healthy]}))
    assert named(found) == [("vanished", 40)]


def test_a_trial_that_learns_or_solves_has_events_too():
    gone = reaching(0.4, 1e-9, 1e-9)
    for metric, outcome in ((0.5, "learning"), (1.0, "solved")):
        found = diagnosis(metric=metric, probes=gone)
        assert (found.outcome, found.word, found.cause) == (outcome, outcome, "vanished")


def test_learning_began_when_the_score_first_left_the_baseline():
    assert diagnosis(metric=0.5, curve=dataclasses.replace(curve([1, 1]), score=np.array([0.09, 0.3]))).onset_step == 40


def test_a_mitigation_that_never_acted_is_inert():
    assert result(mitigation="gradient_clipping", clipped_share=0.0).inert == "clipping changed no gradient"
    assert result(mitigation="gradient_clipping", clipped_share=0.01).inert == ""
    assert result(mitigation="gradient_clipping", clipped_share=0.0, diverged_at=1).inert == ""
    assert result(mitigation="none", clipped_share=0.0).inert == ""
    condition = CONDITIONS["first_symbol", "rnn", "truncated_bptt"]
    for window, inert in ((condition.task.length, True), (condition.task.length - 1, False)):
        wide = dataclasses.replace(condition, mitigations=find(f"truncated_bptt(window={window})"))
        assert bool(judge(trained(evaluation_trials(wide, 0.1)[0])).inert) is inert


def test_truncation_that_ends_before_the_information_is_the_first_event():
    found = diagnosis(mitigation="truncated_bptt", **AT_BASELINE, curve=curve([1, 99, 1]))
    assert (found.word, named(found)) == ("truncated", [("truncated", 0), ("exploded", 40)])


def test_a_model_without_state_at_the_baseline_is_memoryless():
    found = diagnosis(model="feedforward", **AT_BASELINE)
    assert (found.word, found.cause) == ("memoryless", "memoryless")


def test_a_state_that_is_not_trained_is_not_diagnosed():
    found = diagnosis(mitigation="frozen", **AT_BASELINE, curve=curve([1, 99, 1]), probes=reaching(0.4, 1e-9, 1e-9))
    assert (found.word, named(found)) == ("frozen", [("frozen", 0)])
    assert diagnosis(mitigation="frozen", metric=0.5).word == "learning"


def test_solved_at_is_the_first_evaluation_that_met_the_criterion_of_a_trial_that_ends_solved():
    late = dataclasses.replace(curve([1, 1]), metric=np.array([0.5, 1.0]))
    assert result(metric=1.0, curve=late).solved_at == 40
    assert result(metric=0.5, curve=late).solved_at is None  # it had solved the task, and lost it


def test_every_word_is_explained():
    ill = [reaching(0.1, 0.1, **{word: [1.0, 1.0]}) for word in ("dead", "saturated")] + [reaching(0.1, 1e-9), reaching(1e-9, 1e-9)]
    found = [diagnosis(**AT_BASELINE, probes=figures) for figures in ill]
    found += [diagnosis(metric=1.0), diagnosis(metric=0.5), diagnosis(loss=np.nan), diagnosis(**AT_BASELINE), diagnosis(model="feedforward", **AT_BASELINE)]
    assert {one.word for one in found} <= set(DIAGNOSES) and {one.outcome for one in found} <= set(OUTCOMES)
    assert {event.name for one in found for event in one.events} <= set(EVENTS)
