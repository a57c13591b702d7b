"""Trials that need not be trained: only where the mitigation cannot have acted, and never where this is not known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.benchmarks import EXPLODED, smoke, trained
from unvanish.suite.experiment.copies import Copies, base_of, key_of
from unvanish.suite.experiment.plan import select
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import find

(SHORT,) = select(smoke(), "task=first_symbol,model=rnn,mitigation=none").conditions  # lag 4, 5 time steps


def condition(mitigation):
    return replace(SHORT, mitigations=find(mitigation))


def trial(mitigation, rate=0.1, seed=1):
    return Trial(condition(mitigation), "tune", rate, seed)


@pytest.mark.parametrize(
    ("mitigation", "base"),
    [
        ("gradient_clipping", "none"),
        ("clip_value", "none"),
        ("gradient_clipping+rmsprop", "rmsprop"),
        ("gradient_clipping+orthogonal", "orthogonal"),
        ("truncated_bptt(window=5)", "none"),  # as long as the sequence
        ("truncated_bptt(window=4)", None),
        ("autoclip", None),  # it clips by what it has seen, however small
        ("rmsprop", None),
        ("none", None),
        ("gradient_clipping+adam", None),  # there is no condition with adam alone
    ],
)
def test_a_condition_is_based_on_one_that_lacks_what_may_not_act(mitigation, base):
    others = [condition(name) for name in ("none", "rmsprop", "orthogonal", "gradient_clipping")]
    found = base_of(condition(mitigation), others)
    assert (found.condition.mitigation if found else None) == base


def copied(mitigation, base, **figures):
    """What is made of a trial after its base has been trained with such an end."""
    copies = Copies([condition(base), condition(mitigation)])
    copies.add(trained(trial(base), **figures))
    return copies.copy(trial(mitigation))


@pytest.mark.parametrize(
    ("mitigation", "norm", "is_copy"),
    [
        ("gradient_clipping", 0.9, True),
        ("gradient_clipping", 1.0, False),  # exactly the threshold: within rounding of it
        ("gradient_clipping", 1.1, False),
        ("gradient_clipping(threshold=3)", 1.1, True),
        ("clip_value", 0.09, True),
        ("clip_value", 0.11, False),  # perhaps no element is that large, but who knows
        ("truncated_bptt(window=9)", 1e9, True),
    ],
)
def test_a_trial_is_a_copy_where_the_largest_norm_leaves_nothing_to_do(mitigation, norm, is_copy):
    copy = copied(mitigation, "none", max_gradient_norm=norm)
    assert (copy is not None) == is_copy
    if copy is not None:
        assert copy.trial == trial(mitigation) and copy.copy_of == "none" and copy.max_gradient_norm == norm


def test_what_diverged_is_no_original_for_clipping():
    """Its last norm was not finite, and clipping would have met it; a window that cuts nothing changes nothing of it."""
    assert copied("gradient_clipping", "none", **EXPLODED, max_gradient_norm=0.1) is None
    assert np.isnan(copied("truncated_bptt(window=9)", "none", **EXPLODED).loss)


def test_clipping_after_another_change_of_the_gradient_is_trained():
    """The norm that is recorded is that before any change."""
    assert base_of(condition("gradient_noise+gradient_clipping"), [condition("gradient_noise")]) is None
    assert copied("gradient_noise+gradient_clipping", "gradient_noise", max_gradient_norm=0.1) is None
    assert copied("gradient_clipping+rmsprop", "rmsprop", max_gradient_norm=0.1) is not None


def test_only_the_same_rate_seed_and_phase_is_an_original():
    copies = Copies([condition("none"), condition("gradient_clipping")])
    copies.add(trained(trial("none"), max_gradient_norm=0.1))
    clipped = trial("gradient_clipping")
    assert copies.copy(clipped) is not None
    for other in (replace(clipped, seed=2), replace(clipped, learning_rate=0.2), replace(clipped, phase="evaluate")):
        assert copies.copy(other) is None


def test_a_copy_may_be_the_original_of_another():
    """A window that cuts nothing and clipping that meets nothing: equal to clipping alone, which is equal to none."""
    both = "truncated_bptt(window=9)+gradient_clipping"
    copies = Copies([condition("none"), condition("gradient_clipping"), condition(both)])
    copies.add(trained(trial("none"), max_gradient_norm=0.1, loss=0.123))
    copies.add(copies.copy(trial("gradient_clipping")))
    copy = copies.copy(trial(both))
    assert copy.copy_of == "gradient_clipping" and copy.loss == 0.123


def test_a_trial_waits_for_its_original_unless_it_differed_at_that_rate():
    copies = Copies([condition("none"), condition("gradient_clipping")])
    first, second = trial("gradient_clipping", seed=1), trial("gradient_clipping", seed=2)
    wanted = {key_of(trial("none", seed=seed)) for seed in (1, 2)}
    assert copies.should_wait(first, wanted) and copies.should_wait(second, wanted)
    assert not copies.should_wait(first, set()) and not copies.should_wait(trial("none"), wanted)
    copies.add(trained(trial("none", seed=1), max_gradient_norm=7.0))
    assert copies.copy(first) is None
    assert not copies.should_wait(second, wanted)
    assert copies.should_wait(replace(second, learning_rate=0.2), {key_of(trial("none", rate=0.2, seed=2))})
