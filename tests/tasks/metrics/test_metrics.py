"""Metrics against scikit-learn's on the same outputs, and what a task makes of them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, root_mean_squared_error

from tests.support.plugins import FOLDER
from unvanish.suite import plugins
from unvanish.tasks import METRICS, TASKS, Task
from unvanish.tasks.adding import Adding
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.errors import UsageError
from unvanish.tasks.first_symbol import FirstSymbol
from unvanish.tasks.registry import Registry


@pytest.fixture(autouse=True)
def plugged_in():
    for name in ("balanced_accuracy", "root_mean_squared_error", "last_and_mean"):
        plugins.add(FOLDER / f"{name}.py")
    yield
    Registry.plugins.clear()


def classes(task, count=200):
    """Random logits and targets at the scored steps."""
    random, steps = np.random.default_rng(0), len(task.scored_steps)
    return random.normal(size=(count, steps, task.output_size)).astype(np.float32), random.integers(task.output_size, size=(count, steps), dtype=np.int32)


def values(task, count=200):
    """Random targets at the scored steps, and outputs near them."""
    random = np.random.default_rng(0)
    targets = random.random((count, len(task.scored_steps), task.output_size), dtype=np.float32)
    return targets + random.normal(scale=0.1, size=targets.shape).astype(np.float32), targets


class Balanced(CopyMemory):
    """Scored by a metric of a plug-in."""

    metric = "balanced_accuracy"


class Squared(Adding):
    """Scored by one of which lower is better."""

    metric = "root_mean_squared_error"
    solved_at_metric = 0.1
    baseline_metric = (1 / 6) ** 0.5


def test_metrics_of_classes_are_scikit_learns_over_sequences_and_scored_steps():
    for kind, metric in ((CopyMemory, accuracy_score), (Balanced, balanced_accuracy_score)):
        task = kind(2, copied=3, symbols=4)
        outputs, targets = classes(task)
        assert task.measure(outputs, targets) == pytest.approx(metric(targets.ravel(), outputs.argmax(-1).ravel()), rel=1e-12)


def test_an_error_of_a_plug_in_is_scikit_learns():
    outputs, targets = values(Squared(5))
    assert Squared(5).measure(outputs, targets) == pytest.approx(root_mean_squared_error(targets[:, 0], outputs[:, 0]), rel=1e-6)


def test_an_answer_is_within_the_tolerance_where_every_output_is():
    task = TASKS["last_and_mean"](2)
    targets = np.zeros((4, 1, 2), np.float32)
    outputs = np.array([[0.19, 0.09], [0.19, 0.11], [0.21, 0.09], [-0.19, -0.09]], np.float32)[:, None]
    assert task.measure(outputs, targets) == 0.5
    single = type("Single", (type(task),), {"tolerance": 0.2})(2)  # one for all outputs
    assert single.measure(outputs, targets) == 0.75


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [FirstSymbol, Adding, Balanced, Squared])
def test_what_is_not_finite_is_never_measured_solved_or_above_the_baseline(kind, bad):
    """argmax of NaNs is class 0, and an error that is NaN is not above a threshold: neither may count as right."""
    task = kind(5)
    outputs, targets = (classes if task.kind == "classification" else values)(task)
    outputs = outputs.copy()
    outputs[3, 0, 0] = bad
    metric = task.measure(outputs, targets)
    assert np.isnan(metric) and not task.solved(metric) and task.score(0.0, metric) == 0


def test_solved_and_score_respect_which_metric_is_better():
    task = Squared(5)
    assert task.solved(0.1) and task.solved(0.0) and not task.solved(0.11) and not any(task.solved(bad) for bad in (np.nan, np.inf, -np.inf))
    assert FirstSymbol(4).solved(0.99) and not FirstSymbol(4).solved(0.98)
    assert task.criterion() == "root_mean_squared_error <= 0.1"
    assert Adding.criterion() == "within_tolerance(0.08) >= 0.99" and TASKS["last_and_mean"].criterion() == "within_tolerance(0.2, 0.1) >= 0.9"
    lower = METRICS["balanced_accuracy"], replace(METRICS["balanced_accuracy"], better="lower")
    assert [metric.perfect for metric in lower] == [1, 0]


def test_a_score_of_classes_goes_from_the_baseline_to_the_perfect_value_of_an_error_too(monkeypatch):
    monkeypatch.setitem(METRICS.own, "error_rate", replace(METRICS["accuracy"], name="error_rate", better="lower", measure=lambda *_: 0.0))
    task = type("Wrong", (FirstSymbol,), {"metric": "error_rate", "baseline_metric": 0.8})(4)
    assert [task.score(1.0, rate) for rate in (0.8, 0.4, 0.0, 0.9)] == pytest.approx([0, 0.5, 1, 0])


def test_the_score_of_several_targets_is_the_share_of_the_squared_error_over_all_that_is_explained():
    """scikit-learn's R2 weighted by variance, where the baseline is the mean of each target."""
    from sklearn.metrics import r2_score

    random = np.random.default_rng(0)
    targets = random.normal(scale=(1, 3), size=(500, 2))
    outputs = targets + random.normal(scale=(0.9, 0.3), size=(500, 2))
    task = type("Known", (TASKS["last_and_mean"],), {"baseline_loss": targets.var(axis=0).mean()})(2)
    expected = r2_score(targets, outputs, multioutput="variance_weighted")
    assert task.score(np.mean((outputs - targets) ** 2), 0.5) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "changed", "sentence"),
    [
        (FirstSymbol, {"metric": "acuracy"}, "did you mean 'accuracy'"),
        (FirstSymbol, {"metric": "within_tolerance"}, "is not one of a classification; give accuracy"),
        (Adding, {"metric": "accuracy"}, "is not one of a regression; give within_tolerance"),
        (Adding, {"tolerance": (0.1, 0.2)}, r"tolerance of adding is \(0.1, 0.2\); give a number above 0 for all its 1 outputs, or one for each"),
        (Adding, {"tolerance": 0.0}, "the tolerance of adding is 0.0; give a number above 0"),
    ],
)
def test_a_metric_that_does_not_fit_its_task_is_refused_in_a_sentence(kind: type[Task], changed, sentence):
    with pytest.raises(UsageError, match=sentence):
        type("Changed", (kind,), changed)(5)
