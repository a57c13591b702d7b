import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from unvanish.tasks import METRICS
from unvanish.tasks.copy_memory import CopyMemory

BITS = METRICS["bits_per_symbol"]


def test_bits_are_the_log_loss_of_scikit_learn_over_ln_2():
    random, task = np.random.default_rng(0), CopyMemory(5)
    outputs, targets = 3 * random.normal(size=(50, 10, 9)).astype(np.float32), random.integers(9, size=(50, 10), dtype=np.int32)
    expected = log_loss(targets.ravel(), softmax(outputs.reshape(-1, 9).astype(float), axis=1), labels=range(9)) / np.log(2)
    assert BITS.value(outputs, targets, task) == pytest.approx(expected, rel=1e-5)
    assert BITS.value(np.zeros_like(outputs), targets, task) == pytest.approx(np.log2(9))


def test_large_logits_do_not_overflow_and_a_certain_right_answer_takes_no_bits():
    outputs = np.array([[[1e4, -1e4]]], np.float32)
    assert BITS.value(outputs, np.array([[0]]), None) == 0 and BITS.value(outputs, np.array([[1]]), None) == pytest.approx(2e4 / np.log(2))
    assert BITS.perfect == 0 and BITS.meets(1.0, 1.0) and not BITS.meets(1.1, 1.0)
