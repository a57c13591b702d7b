"""Training on several real targets, and metrics that are no mean over sequences, against Keras and scikit-learn on the same weights."""

import dataclasses

import keras
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import balanced_accuracy_score

from tests.support.plugins import FOLDER
from unvanish.suite import plugins
from unvanish.suite.diagnosis.trials import judge
from unvanish.suite.experiment.plan import Budget, Condition, sizes_of
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import find
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import ProbeProgram
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.tasks import TASKS
from unvanish.tasks.registry import Registry
from unvanish.tasks.seeding import generator

BUDGET = Budget(8, 16, 300, 100, 96, 192, 8, tuning_seeds=(1,), evaluation_seeds=(2,))


@pytest.fixture(scope="module", autouse=True)
def plugged_in():
    for path in FOLDER.glob("[!_]*.py"):
        plugins.add(path)
    yield
    Registry.plugins.clear()


def train(task, model, rate, budget=BUDGET, mitigation="adam", probe_at=(0,)):
    """One trial of a task; without probes it compiles faster, and cannot be judged."""
    condition = Condition(task, model, find(mitigation), (rate,), budget)
    trainer = CohortTrainer(task, model, budget, ProgramSize(2, 1), [find(mitigation)], ProbeProgram, probe_at)
    return trainer.train([Trial(condition, "evaluate", rate, 2)])[0]


def sequences_of_test_set(task, budget):
    """Inputs and targets that trials are tested on."""
    parts = list(task.evaluation_parts("test", budget.test_sequences, budget.validation_sequences))
    return np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts])


@pytest.fixture(scope="module")
def two_targets():
    return train(TASKS["last_and_mean"](2), "rnn", 0.02)


def test_two_targets_are_learned_and_evaluated_as_keras_evaluates_the_same_weights(two_targets):
    task = TASKS["last_and_mean"](2)
    inputs, targets = sequences_of_test_set(task, BUDGET)
    network = MODELS["rnn"].as_keras(task, sizes_of(task, BUDGET), two_targets.weights, "tanh")
    assert network.output_shape == (None, 2)
    answers = network(inputs).numpy()
    assert two_targets.loss == pytest.approx(float(keras.losses.MeanSquaredError()(targets[:, 0], answers)), rel=1e-4)
    near = (np.abs(answers - targets[:, 0]) < (0.2, 0.1)).all(axis=1)
    assert two_targets.metric == pytest.approx(near.mean(), abs=1e-6)


def test_two_targets_are_solved_by_a_network_with_a_memory_and_not_by_one_without(two_targets):
    solved = judge(two_targets)
    assert solved.diagnosis.outcome == "solved" and "within_tolerance(0.2, 0.1)" in solved.diagnosis.rule and ">= 0.9 on the test set" in solved.diagnosis.rule
    assert solved.score > 0.9
    memoryless = train(TASKS["last_and_mean"](2), "feedforward", 0.02)
    assert judge(memoryless).diagnosis.outcome == "baseline"
    assert memoryless.loss == pytest.approx(TASKS["last_and_mean"](2).baseline_loss, rel=0.25)


def test_the_baseline_of_two_targets_is_linear_regression_on_the_last_number():
    task = TASKS["last_and_mean"](4)
    drawn = task.draw(generator("test", 5), 40_000)
    fitted = LinearRegression().fit(drawn.inputs[:, -1], drawn.targets[:, 0])
    errors = fitted.predict(drawn.inputs[:, -1]) - drawn.targets[:, 0]
    assert np.mean(errors**2) == pytest.approx(task.baseline_loss, rel=0.02)
    assert np.mean((np.abs(errors) < task.tolerance).all(axis=1)) == pytest.approx(task.baseline_metric, abs=0.01)


@pytest.mark.parametrize("model", ["rnn", "tcn"])
def test_the_gradient_of_two_targets_is_that_of_keras_loss(model):
    """One step of SGD on a written-out cell and on a Keras model moves the weights as Keras' own loss does."""
    task, budget = TASKS["last_and_mean"](3), dataclasses.replace(BUDGET, steps=1, evaluate_every=1)
    trained = train(task, model, 0.1, budget, "none", probe_at=())
    initial = MODELS[model].initial_weights(sizes_of(task, budget), 2)
    before, expected, actual = (MODELS[model].as_keras(task, sizes_of(task, budget), weights, "tanh") for weights in (initial, initial, trained.weights))
    expected.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    drawn = task.sample(budget.batch_size, "training", 2, 0)
    expected.train_on_batch(drawn.inputs, drawn.targets[:, 0])
    for mine, theirs, start in zip(*(network.get_weights() for network in (actual, expected, before)), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
        assert start.ndim == 1 or np.abs(mine - start).max() > 1e-4


def test_a_metric_that_is_no_mean_over_sequences_is_that_of_the_whole_test_set():
    """Associative recall, scored by balanced accuracy: the mean of those of the parts is another number."""
    task = type("Balanced", (TASKS["recall_pair"],), {"metric": "balanced_accuracy"})(3)
    budget = dataclasses.replace(BUDGET, steps=20, evaluate_every=20, validation_sequences=8, test_sequences=40)
    trained = train(task, "gru", 0.01, budget, probe_at=())
    inputs, targets = sequences_of_test_set(task, budget)
    answers = MODELS["gru"].as_keras(task, sizes_of(task, budget), trained.weights, "tanh")(inputs).numpy().argmax(-1)
    assert trained.metric == pytest.approx(balanced_accuracy_score(targets[:, 0], answers), abs=1e-6)
    parts = [balanced_accuracy_score(*pair) for pair in zip(np.split(targets[:, 0], 5), np.split(answers, 5), strict=True)]
    assert trained.metric != pytest.approx(np.mean(parts), abs=1e-3)


def test_an_error_of_a_plug_in_solves_where_it_is_low(two_targets):
    task = type("Squared", (TASKS["last_and_mean"],), {"metric": "root_mean_squared_error", "solved_at_metric": 0.1, "baseline_metric": 0.2})(2)
    trained = train(task, "rnn", 0.02)
    np.testing.assert_array_equal(trained.curve.loss, two_targets.curve.loss)  # another metric trains the same
    assert trained.metric == pytest.approx(trained.loss**0.5, rel=1e-4)
    diagnosis = judge(trained).diagnosis
    assert diagnosis.outcome == "solved" and "root_mean_squared_error" in diagnosis.rule and "<= 0.1 on the test set" in diagnosis.rule
