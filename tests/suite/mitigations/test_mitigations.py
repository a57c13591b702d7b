"""Names, parameters and combinations of mitigations; the contract of each is in tests/suite/contracts."""

import pytest

from unvanish.suite.experiment.plan import make_plan
from unvanish.suite.experiment.profile import Profile, load, make_task
from unvanish.suite.mitigations import MITIGATIONS, find, ordered_mitigations
from unvanish.suite.models import MODELS
from unvanish.tasks import TASKS
from unvanish.tasks.errors import UsageError

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


def test_all_required_mitigations_are_registered():
    assert [find(name).name for name in REQUIRED] == REQUIRED


@pytest.fixture(scope="module")
def tasks():
    return [make_task(name, 30) for name in TASKS.names]


def test_it_says_of_every_task_whether_a_gradient_is_left(mitigation, tasks):
    for task in tasks:
        reason = mitigation.no_gradient(task)
        assert (reason is not None) == (mitigation.name == "truncated_bptt")


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
    known = {*REQUIRED, "frozen"} - {"gradient_clipping+rmsprop"}
    assert {name for name in known if find(name).not_applicable(MODELS[model]) is None} == names


def test_parameters_can_be_set_and_are_checked():
    assert find("truncated_bptt", {"truncated_bptt": {"window": 4}}).parts[0].window == 4
    assert find("truncated_bptt(window=5)", {"truncated_bptt": {"window": 4}}).parts[0].window == 5
    both = find("gradient_clipping(threshold=1e+2)+rmsprop")
    assert [part.name for part in both.parts] == ["gradient_clipping", "rmsprop"] and both.parameters == {"gradient_clipping.threshold": 100.0}
    for name, parameters in (
        ("truncated_bptt", {"window": 0}),
        ("truncated_bptt", {"window": 2.5}),
        ("truncated_bptt", {"windw": 3}),
        ("rmsprop", {"rho": 0.9}),
        ("gradient_clipping", {"threshold": -1}),
    ):
        with pytest.raises(UsageError):
            find(name, {name: parameters})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gradient_cliping", "did you mean 'gradient_clipping'"),
        ("rmsprop+adam", "both replace the optimizer"),
        ("relu+relu_identity", "both replace the activation"),
        ("gradient_clipping+autoclip", "both replace the clipping by norm"),
        ("gradient_clipping(threshold=-1)", "threshold of the mitigation gradient_clipping is -1; it should be greater than 0"),
        ("gradient_clipping(0.3)", "write them as in gradient_clipping.threshold=0.3"),
        ("gradient_clipping(threshold=", "write"),
        ("truncated_bptt(windw=3)", "did you mean 'window'"),
        ("adam+adam", "twice"),
        ("none+adam", "none"),
    ],
)
def test_names_that_mean_nothing_are_refused_in_a_sentence(name, sentence):
    with pytest.raises(UsageError, match=sentence):
        find(name)


def test_two_in_both_orders_are_refused_before_anything_is_trained():
    names = ["none", "gradient_clipping+rmsprop", "rmsprop+gradient_clipping"]
    profile = Profile.model_validate(load("smoke").model_dump() | {"mitigations": names, "mitigation": {}})
    with pytest.raises(UsageError, match=r"comes before .* in one combination and after it in another; write them in the same order"):
        make_plan(profile)
    assert [mitigation.name for mitigation in ordered_mitigations([find("clip_value+gradient_clipping"), find("none")])].index("clip_value") == 0
