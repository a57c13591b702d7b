"""Limits of a profile: a slip is told, and what could be trained somewhere passes."""

import numpy as np
import pytest
from pydantic import ValidationError

from unvanish.suite.experiment.limits import MAX_CONDITIONS, MAX_TRIALS, check_number_of_conditions
from unvanish.suite.experiment.profile import LearningRates, hidden_size_of, load, make_task
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks import machine, recorded
from unvanish.tasks.errors import UsageError
from unvanish.tasks.task import MAX_LAG


def rates(**given):
    return LearningRates(**{"count": 3, "ratio": 3.0, "sgd": 0.1, "rmsprop": 0.001, "adam": 0.001, **given})


@pytest.mark.parametrize("given", [{"ratio": 1.000001}, {"count": 1, "ratio": 1.0000001}, {"count": 700, "ratio": 1.000005}])
def test_learning_rates_that_are_the_same_are_refused(given):
    with pytest.raises(ValidationError, match="the same to six digits"):
        rates(**given)


@pytest.mark.parametrize("given", [{}, {"count": 700, "ratio": 1.01}, {"count": 1, "ratio": 1.0001}, {"count": 37, "ratio": 10.0, "sgd": 1.0}])
def test_learning_rates_are_finite_above_zero_and_distinct(given):
    first = np.array(rates(**given).of("sgd").first, np.float32)
    assert np.isfinite(first).all() and (first > 0).all() and (np.diff(first) > 0).all()


@pytest.mark.parametrize("given", [{"count": 700}, {"count": 300, "ratio": 1e308}, {"most": 1000}, {"ratio": 1e308}, {"sgd": 2e38}])
def test_learning_rates_beyond_single_precision_are_refused(given):
    with pytest.raises(ValidationError, match="single precision holds"):
        rates(**given)


def test_the_number_of_conditions_and_trials_is_bounded_and_said():
    check_number_of_conditions(10, 10, MAX_CONDITIONS // 100, MAX_TRIALS // MAX_CONDITIONS)
    with pytest.raises(UsageError, match="50,100 conditions, 501 lags of tasks with 10 models and 10 mitigations"):
        check_number_of_conditions(501, 10, 10, 1)
    with pytest.raises(UsageError, match="1,001,000 trials, up to 1,001 for each of 1,000 conditions"):
        check_number_of_conditions(10, 10, 10, 1001)


def test_a_lag_beyond_what_is_trained_is_refused_by_every_task():
    assert make_task("copy_memory", MAX_LAG).length == MAX_LAG + 20
    for name in ("copy_memory", "adding", "digits", "table"):
        with pytest.raises(UsageError, match=f"the lag of {name} is 100001; it must be at most 100,000"):
            make_task(name, MAX_LAG + 1)


def test_a_recorded_task_whose_sequences_do_not_fit_the_memory_is_refused(monkeypatch):
    """Of digits, 1,797 images: 60 % are fitted to and 20 % measured on, three times in memory."""
    monkeypatch.setattr(recorded, "memory_bytes", lambda: 1 << 20)
    with pytest.raises(UsageError, match=r"the lag of digits is 321, .* need 0\.0 GiB of memory; this machine has 0\.0 GiB, so give a lag of at most"):
        make_task("digits", 321)
    assert machine.gib(3 * 4 * 1437 * 10_000 * 1) == "0.2 GiB"


@pytest.mark.parametrize("size", [8, 33, 300])
def test_models_with_as_many_parameters_are_those_that_a_search_from_below_finds(size):
    profile = load("smoke").model_copy(update={"hidden_size": size, "match": "parameters"})
    task = make_task("adding", 6)

    def parameters(name, hidden):
        return MODELS[name].parameters(Sizes(task.input_size, hidden, task.output_size, task.length))

    target = max(parameters(name, size) for name in profile.models)
    for name in profile.models:
        above = size
        while parameters(name, above) < target:
            above += 1
        nearest = min((max(above - 1, size), above), key=lambda hidden: abs(parameters(name, hidden) - target))
        assert hidden_size_of(profile, MODELS[name], task) == nearest


def test_a_model_that_cannot_have_so_many_parameters_is_refused():
    profile = load("smoke").model_copy(update={"hidden_size": 16_000, "match": "parameters"})
    with pytest.raises(UsageError, match=r"no feedforward of up to 16,384,000 hidden units has 1,024,\d+,\d+ parameters on adding"):
        hidden_size_of(profile, MODELS["feedforward"], make_task("adding", 6))
