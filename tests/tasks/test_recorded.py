"""Tasks on recorded data: which sequences are seen when, and what counts as solved. On the gym log and on digits."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from statsmodels.stats.proportion import proportion_confint

from unvanish.tasks import METRICS, Sequences
from unvanish.tasks.digits import Digits
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import SPLITS, RecordedTask, upper_bound
from unvanish.tasks.table import Table


def rows(sequences):
    return {of.tobytes() for of in sequences.inputs}


@pytest.mark.parametrize("size", [359, 100, 7])
def test_a_test_set_is_the_whole_split_each_sequence_once_whatever_the_parts(size):
    task = Digits(0)
    parts = list(task.evaluation_parts("test", task.available("test", 10_000), size))
    assert [len(part.inputs) for part in parts[:-1]] == [size] * (len(parts) - 1)
    found = np.concatenate([part.inputs for part in parts])
    assert len(found) == task.split_size("test") == 359
    assert rows(task.with_blanks("test", np.arange(359))) == {of.tobytes() for of in found}


def test_a_smaller_set_has_no_sequence_twice():
    task = Digits(0)
    (part,) = task.evaluation_parts("validation", 100, 100)
    assert len(rows(part)) == 100


def test_a_test_sequence_is_never_trained_on_validated_with_or_shown_to_a_reference():
    task = Digits(0)
    test = rows(task.with_blanks("test", np.arange(task.split_size("test"))))
    validation = rows(task.with_blanks("validation", np.arange(task.split_size("validation"))))
    trained = rows(task.sample(20_000, "training", 1)) | rows(task.sample(5000, "reference")) | rows(task.sample(50, "example"))
    assert len(trained) == task.split_size("training")
    assert not test & trained and not validation & trained and not test & validation
    assert rows(task.sample(32, "probe")) <= validation and rows(next(task.evaluation_parts("probe", 32, 32))) <= validation


@pytest.mark.parametrize("lag", [1, 9])
def test_the_baseline_is_the_most_frequent_class_where_the_last_step_is_blank(lag):
    task = Table(lag)
    training, test = (task.with_blanks(split, np.arange(task.split_size(split))).targets[:, 0] for split in ("training", "test"))
    frequent = DummyClassifier().fit(np.zeros((len(training), 1)), training)
    assert task.baseline_metric == pytest.approx(frequent.score(np.zeros((len(test), 1)), test), abs=1e-6)


def test_what_the_last_step_tells_belongs_to_the_baseline_without_a_lag():
    """After an attended day its exercise says the next one."""
    assert Table(0).baseline_metric > 2 * Table(1).baseline_metric


def test_a_lag_makes_the_task_harder_and_never_the_criterion_easier():
    """References are asked without the blank steps too, models after them."""
    assert Digits(20).solved_at_metric >= Digits(0).solved_at_metric and Table(9).solved_at_metric >= Table(0).solved_at_metric


@pytest.mark.parametrize(("right", "count"), [(0, 10), (44, 48), (48, 48), (350, 360)])
def test_solved_is_above_wilsons_interval(right, count):
    assert upper_bound(right / count, count) == pytest.approx(proportion_confint(right, count, method="wilson")[1])


def test_solved_is_better_than_the_best_reference_unless_the_profile_says_from_where():
    task = Digits(0)
    assert task.facts.reference in ("all steps", "network on all steps") and task.facts.reference_metric > 0.9
    assert task.solved_at_metric == pytest.approx(upper_bound(task.facts.reference_metric, 359), abs=1e-6)
    assert not task.solved(task.facts.reference_metric)
    assert Digits(0, solved_at=0.8).solved(0.8) and not Digits(0, solved_at=0.8).solved(0.79)
    with pytest.raises(UsageError, match="solved_at of digits is 2; it must be between 0 and 1"):
        Digits(0, solved_at=2)


@dataclass(frozen=True)
class Signs(RecordedTask):
    """Whether the last number of three is above 0, but for every fifth sequence, where it is the other way round; of 100 sequences in each split."""

    name = "signs"
    input_size, output_size, length = 1, 2, 3
    input_names, output_names = ("number",), ("below", "above")
    metric = "error_rate"
    digest = "made up"

    def split_size(self, split):
        return 100

    def sequences(self, split, chosen):
        numbers = np.random.default_rng(SPLITS.index(split)).normal(size=(100, 3, 1)).astype(np.float32)[chosen]
        above = (numbers[:, -1] > 0) ^ (chosen % 5 == 0)[:, None]
        return Sequences(numbers, above.astype(np.int32))

    def describe_steps(self, sequences, index):
        return []


def test_the_best_reference_and_the_baseline_of_an_error_are_the_lowest(monkeypatch):
    """A fifth is wrong of all that know the last number, the better of them a little more often by chance than not; half is of a constant."""
    rate = replace(
        METRICS["accuracy"], name="error_rate", better="lower", share=False, measure=lambda outputs, targets, task: 1 - (outputs.argmax(-1) == targets).mean()
    )
    monkeypatch.setitem(METRICS.own, "error_rate", rate)
    task = Signs(0, solved_at=0.25)
    assert task.baseline_metric == pytest.approx(0.2, abs=0.05) and task.facts.reference_metric <= task.baseline_metric
    assert task.solved(0.2) and not task.solved(0.3) and not task.solved(np.nan)
    with pytest.raises(UsageError, match="the metric of signs is error_rate, which is no share of right answers; give solved_at"):
        Signs(0)


@dataclass(frozen=True)
class Answered(Signs):
    """Whether the last number is above 0, and nothing else."""

    name = "answered"
    metric = "accuracy"
    digest = "answered"

    def sequences(self, split, chosen):
        found = super().sequences(split, chosen)
        numbers = np.where(found.inputs > 0, 1, -1).astype(np.float32)
        return Sequences(numbers, (numbers[:, -1] > 0).astype(np.int32))


def test_where_a_simple_predictor_makes_no_mistake_as_good_is_solved_and_nothing_else():
    """A score of 1 for it, 0 for less; no division by what the baseline lacks, which is nothing."""
    for lag in (0, 2):
        task = Answered(lag)
        assert task.answered and task.facts.reference_metric == 1 and "no network can be better" in task.warnings[0]
        assert task.solved(1.0) and not task.solved(0.99) and task.score(0.0, 1.0) == 1
        assert task.score(0.1, 0.9) == (0 if lag == 0 else pytest.approx((0.9 - task.baseline_metric) / (1 - task.baseline_metric)))
        assert task.score(np.nan, np.nan) == 0
    assert Answered(0).baseline_metric == 1


def test_a_score_of_a_value_whose_baseline_has_no_error_is_that_of_its_metric():
    task = Table(0)
    perfect = replace(task.facts, baseline_loss=0.0, baseline_metric=1.0)
    regression = replace(task, facts=perfect)
    object.__setattr__(regression, "kind", "regression")
    object.__setattr__(regression, "metric", "within_tolerance")
    assert regression.score(0.1, 1.0) == 1 and regression.score(0.1, 0.9) == 0


@dataclass(frozen=True)
class Spoiled(Answered):
    """One number of each split is missing."""

    name = "spoiled"
    digest = "spoiled"

    def sequences(self, split, chosen):
        found = super().sequences(split, chosen)
        found.inputs[0, 0, 0] = np.nan
        return found


def test_data_that_are_not_finite_are_named_before_anything_is_fitted():
    with pytest.raises(UsageError, match="the task spoiled has 1 inputs in its training split that are not finite"):
        Spoiled(0)
