"""What every registered mitigation must keep."""

import dataclasses

import pytest

from suite.mitigations import MITIGATIONS, find
from suite.models import MODELS
from suite.profile import make_task
from suite.recipe import Recipe
from tasks import TASKS
from tasks.errors import WrongUse

REQUIRED = [
    "none",
    "truncated_bptt",
    "gradient_clipping",
    "rmsprop",
    "relu",
    "clip_value",
    "adam",
    "orthogonal",
    "relu_identity",
    "chrono",
    "gradient_clipping+rmsprop",
]


@pytest.fixture(params=[*MITIGATIONS.names, "gradient_clipping+rmsprop"])
def mitigation(request):
    return find(request.param)


def recipe(mitigation):
    """The recipe at a rate of 0.1 with a mitigation's changes."""
    return Recipe(0.1, **mitigation.change(**mitigation.parameters))


def test_all_that_were_asked_for_are_there():
    assert [find(name).name for name in REQUIRED] == REQUIRED


def test_it_changes_only_fields_of_the_recipe_and_each_for_good(mitigation):
    base = Recipe(0.1)
    changed = recipe(mitigation)
    changes = mitigation.change(**mitigation.parameters)
    assert changed.learning_rate == base.learning_rate
    assert all(getattr(changed, name) != getattr(base, name) for name in changes)
    assert bool(changes) == (mitigation.name != "none")


def test_it_applies_to_some_model_and_gives_a_reason_for_each_other(mitigation):
    reasons = [mitigation.not_applicable(model) for model in MODELS]
    assert None in reasons
    assert all(reason is None or len(reason) > 10 for reason in reasons)


def test_it_says_of_every_task_whether_a_gradient_is_left(mitigation):
    for name in TASKS.names:
        reason = mitigation.no_gradient(make_task(name, 30), mitigation.parameters)
        assert (reason is not None) == (mitigation.name == "truncated_bptt")


def test_it_says_what_it_is(mitigation):
    assert mitigation.summary and mitigation.reference and mitigation.against in ("-", "exploding", "vanishing", "both", "control")


def test_the_unmitigated_recipe_has_nothing_that_mitigates():
    inf = float("inf")
    assert dataclasses.astuple(recipe(find("none"))) == (0.1, "sgd", inf, inf, None, "tanh", "gaussian", "standard", "all")


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("feedforward", {"none", "gradient_clipping", "rmsprop", "relu", "clip_value", "adam"}),
        ("rnn", {"none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu", "clip_value", "adam", "orthogonal", "relu_identity", "frozen"}),
        ("lstm", {"none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu", "clip_value", "adam", "orthogonal", "chrono", "frozen"}),
        ("gru", {"none", "truncated_bptt", "gradient_clipping", "rmsprop", "relu", "clip_value", "adam", "orthogonal", "chrono", "frozen"}),
    ],
)
def test_mitigations_apply_where_they_have_a_meaning(model, names):
    assert {m.name for m in MITIGATIONS if m.not_applicable(MODELS[model]) is None} == names


def test_parameters_can_be_set_and_are_checked():
    assert recipe(find("truncated_bptt", {"truncated_bptt": {"window": 4}})).truncation == 4
    assert recipe(find("gradient_clipping+rmsprop", {"gradient_clipping": {"threshold": 2}})) == Recipe(0.1, "rmsprop", clip_norm=2.0)
    for name, parameters in (
        ("truncated_bptt", {"window": 0}),
        ("truncated_bptt", {"window": 2.5}),
        ("truncated_bptt", {"windw": 3}),
        ("rmsprop", {"rho": 0.9}),
        ("gradient_clipping", {"threshold": -1}),
    ):
        with pytest.raises(WrongUse):
            find(name, {name: parameters})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gradient_cliping", "did you mean 'gradient_clipping'"),
        ("rmsprop+adam", "both set the optimizer"),
        ("gradient_clipping+relu_identity", "both set the clip_norm"),
        ("adam+adam", "twice"),
        ("none+adam", "none"),
    ],
)
def test_names_that_mean_nothing_are_refused_in_a_sentence(name, sentence):
    with pytest.raises(WrongUse, match=sentence):
        find(name)
