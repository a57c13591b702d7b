"""What is drawn is held against the promise of a task, whatever draws it."""

import dataclasses

import numpy as np
import pytest

from unvanish.tasks import TASKS
from unvanish.tasks.drawn import checked


def drawn(name):
    task = TASKS[name](lag=5)
    return task, task.sample(4, "training")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_input_that_is_not_finite_is_named_with_its_step_and_sequence(value):
    task, sequences = drawn("adding")
    inputs = sequences.inputs.copy()
    inputs[2, 3, 1] = inputs[3, 0, 0] = value
    with pytest.raises(ValueError, match=rf"for training: the input {task.input_names[1]} at step 3 of sequence 2 is {value}"):
        checked(task, dataclasses.replace(sequences, inputs=inputs), "training")
    assert checked(task, sequences, "training") is sequences


@pytest.mark.parametrize("value", [-1, 10_000])
def test_a_class_number_that_is_none_of_the_task_is_named(value):
    task, sequences = drawn("first_symbol")
    targets = sequences.targets.copy()
    targets[1, 0] = value
    with pytest.raises(
        ValueError, match=rf"for test: the target at loss step 0 of sequence 1 is {value}, which is not a class number from 0 to {task.output_size - 1}"
    ):
        checked(task, dataclasses.replace(sequences, targets=targets), "test")


def test_a_number_to_predict_that_is_not_finite_is_named():
    task, sequences = drawn("adding")
    targets = np.full_like(sequences.targets, np.nan)
    with pytest.raises(ValueError, match="the target at loss step 0 of sequence 0 is nan, which is not finite"):
        checked(task, dataclasses.replace(sequences, targets=targets), "validation")
