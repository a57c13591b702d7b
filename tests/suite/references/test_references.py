"""Reference predictors know what their features can tell, no more and no less."""

import numpy as np
import pytest

from tests.support.benchmarks import smoke
from tests.support.networks import shared_sequences
from tests.support.plugins import FOLDER
from unvanish.suite import plugins, references
from unvanish.suite.execution.worker import fit_references
from unvanish.suite.experiment.plan import select
from unvanish.suite.references import REFERENCES, evaluate
from unvanish.tasks import TASKS
from unvanish.tasks.baselines import STEPS
from unvanish.tasks.digits import Digits
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.registry import Registry
from unvanish.tasks.seeding import generator

WINDOW = f"window of {STEPS}"
SYNTHETIC = [task.name for task in TASKS if not issubclass(task, RecordedTask)]
N = 2000


def asked(reference, task, lag):
    task = TASKS[task](lag)
    return evaluate(REFERENCES[reference], task, task.draw(generator("test"), N))


@pytest.mark.parametrize("task", SYNTHETIC)
def test_the_majority_is_at_the_memoryless_baseline(task):
    """A frequency of some 1/p over N samples is within four standard errors of it."""
    result = asked("majority", task, TASKS[task].default_lag)
    baseline = result.task.baseline_metric
    assert result.loss == pytest.approx(result.task.baseline_loss, rel=0.03)
    assert result.metric == pytest.approx(baseline, abs=4 * np.sqrt(baseline * (1 - baseline) / N))


@pytest.mark.parametrize("reference", ["calendar only", "yesterday only"])
def test_neither_calendar_nor_yesterday_tells_the_exercise_after_a_gap(reference):
    assert asked(reference, "exercise_schedule", 3).metric == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / N))
    assert [name for name in SYNTHETIC if REFERENCES[reference].applies(TASKS[name](TASKS[name].default_lag))] == ["exercise_schedule"]


@pytest.mark.parametrize(("lag", "known"), [(STEPS - 1, True), (STEPS, False)])
def test_a_window_knows_what_lies_in_it_and_nothing_before(lag, known):
    result = asked(WINDOW, "first_symbol", lag)
    assert result.score == pytest.approx(1.0, abs=0.02) if known else result.score < 0.05


def test_the_window_stands_before_each_scored_step():
    """Every recalled symbol lies lag + 10 steps before its own step: with 1 + 2 in a window of 10, with 8 + 2 in none."""
    near, far = TASKS["copy_memory"](1, copied=2), TASKS["copy_memory"](9, copied=2)
    results = [evaluate(REFERENCES[WINDOW], task, task.draw(generator("test"), N)) for task in (near, far)]
    assert results[0].score > 0.98 and results[0].loss < 0.1 * near.baseline_loss
    assert results[1].score < 0.05 and results[1].loss == pytest.approx(far.baseline_loss, rel=0.1)


@pytest.mark.parametrize(("lag", "known"), [(STEPS, True), (40, False)])
def test_a_window_over_the_whole_list_adds_and_one_over_its_end_does_not(lag, known):
    """A regression: with both numbers in the window, some of the variance is explained; with the later one only, never all of it."""
    result = asked(WINDOW, "adding", lag)
    assert result.score > 0.5 if known else result.score < 0.2


def test_it_is_asked_about_what_the_trials_are_tested_on():
    budget = smoke().conditions[0].budget
    task = TASKS["first_symbol"](4)
    inputs, targets = shared_sequences(task, "test", budget.validation_sequences)
    count = budget.validation_sequences
    drawn = references.test_set(task, budget)
    assert len(drawn.inputs) == budget.test_sequences
    np.testing.assert_array_equal(drawn.inputs[:count].transpose(1, 0, 2), inputs[:, 0])
    np.testing.assert_array_equal(drawn.targets[:count].T, targets[:, 0])


@pytest.mark.slow
def test_all_steps_of_a_recorded_sequence_are_what_scikit_learn_makes_of_the_flat_arrays():
    """Delayed or not, since a predictor that sees everything has nothing to remember; on the task's own splits."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegressionCV

    task = Digits(0)
    training, test = task.sample(5000, "reference"), next(task.evaluation_parts("test", 1000, 1000))
    images = load_digits().data / 16
    assert len(training.inputs) + len(test.inputs) < len(images)
    fitted = LogisticRegressionCV(Cs=[1e-3, 10.0], cv=3, scoring="neg_log_loss").fit(training.inputs[:, :, 0], training.targets[:, 0])
    expected = np.mean(fitted.predict(test.inputs[:, :, 0]) == test.targets[:, 0])
    for lag in (0, 12):
        delayed = Digits(lag)
        result = evaluate(REFERENCES["all steps"], delayed, next(delayed.evaluation_parts("test", 1000, 1000)))
        assert result.metric == pytest.approx(expected, abs=0.01)
        assert delayed.facts.reference_metric >= result.metric - 1e-6


@pytest.fixture
def two_targets():
    plugins.add(FOLDER / "last_and_mean.py")
    yield TASKS["last_and_mean"](4)
    Registry.plugins.clear()


def test_predictors_of_two_targets_are_scikit_learns_multi_output_ones(two_targets):
    """Linear regression where the ridge is weak, and one network for both targets."""
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPRegressor

    task, test = two_targets, two_targets.draw(generator("test"), N)
    training = task.sample(references.reference.TRAINING_SEQUENCES, "reference")
    last = LinearRegression().fit(training.inputs[:, -1], training.targets[:, 0]).predict(test.inputs[:, -1])
    network = MLPRegressor(hidden_layer_sizes=(32,), learning_rate_init=0.005, early_stopping=True, n_iter_no_change=30, max_iter=300, random_state=0)
    window = [np.pad(drawn.inputs[:, :, 0], [(0, 0), (STEPS - task.length, 0)]) for drawn in (training, test)]
    for name, answers in {"last step": last, WINDOW: network.fit(window[0], training.targets[:, 0]).predict(window[1])}.items():
        result = evaluate(REFERENCES[name], task, test)
        assert result.loss == pytest.approx(np.mean((answers - test.targets[:, 0]) ** 2), rel=1e-3)
        assert result.metric == pytest.approx((np.abs(answers - test.targets[:, 0]) < task.tolerance).all(axis=1).mean(), abs=2e-3)
    assert evaluate(REFERENCES["last step"], task, test).loss == pytest.approx(task.baseline_loss, rel=0.1)
    assert evaluate(REFERENCES["majority"], task, test).loss > 2 * task.baseline_loss


ODD = """
from dataclasses import replace

from unvanish.suite.references.majority import REFERENCE as MAJORITY


def raises(*given):
    raise ValueError("no such thing")


REFERENCE = replace(MAJORITY, name="odd", {broken}=raises)
"""


@pytest.mark.parametrize("broken", ["features", "estimator", "applies"])
def test_a_predictor_that_raises_costs_its_own_result_alone(tmp_path, monkeypatch, broken):
    (cohort,) = select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts
    expected = fit_references(cohort.task, cohort.budget)
    monkeypatch.setattr(Registry, "plugins", [])
    (tmp_path / "odd.py").write_text(ODD.format(broken=broken))
    plugins.add(tmp_path / "odd.py")
    fitted = fit_references(cohort.task, cohort.budget)
    assert fitted.failures == {"odd": "plug-in odd.py, line 8, raises: ValueError: no such thing"} and expected.failures == {}
    assert [(result.reference, result.metric) for result in fitted.results] == [(result.reference, result.metric) for result in expected.results]


def test_a_score_that_a_task_cannot_give_is_said_of_the_predictor_and_loses_nothing_else(monkeypatch):
    (cohort,) = select(smoke(), "task=first_symbol,model=rnn,mitigation=none").cohorts
    monkeypatch.setattr(type(cohort.task), "score", lambda task, loss, metric: 1 / 0 * metric)
    fitted = fit_references(cohort.task, cohort.budget)
    assert fitted.results == [] and {"ZeroDivisionError: division by zero"} == set(fitted.failures.values())
