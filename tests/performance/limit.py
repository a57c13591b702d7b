"""The arithmetic limit: what the products and transcendentals of a training step would take alone, at this machine's rates."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

from tests.performance.workload import Workload

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
TRANSCENDENTALS = {"rnn": 1, "lstm": 5, "gru": 3}  # tanh and sigmoid for each unit and time step; the backward pass needs none
PRODUCT_SIZE, ARRAY_SIZE, REPEATS = 512, 1 << 16, 20


@dataclass(frozen=True)
class Rates:
    """Of one core with one thread, the best of several."""

    flops: float  # floating point operations a second in large float32 products
    transcendentals: float  # tanh of float32 a second


def measure() -> Rates:
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import tensorflow as tf

    a = tf.random.stateless_normal((PRODUCT_SIZE, PRODUCT_SIZE), (0, 1))
    x = tf.random.stateless_normal((ARRAY_SIZE,), (0, 2))
    product = best_seconds(lambda: (a @ a).numpy())
    tanhs = tf.function(lambda x: tf.while_loop(lambda i, _: i < 100, lambda i, x: (i + 1, tf.tanh(x + 1e-6)), (0, x))[1], jit_compile=True)
    return Rates(2 * PRODUCT_SIZE**3 / product, 100 * ARRAY_SIZE / best_seconds(lambda: tanhs(x).numpy()))


def best_seconds(action) -> float:
    action()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def seconds_per_trial_step(workload: Workload, rates: Rates) -> float:
    """On one core: forward products with x and h, backward ones for the weights and for h, and the transcendentals."""
    gates = GATES[workload.model] * workload.hidden
    per_row = 2 * gates * (2 * (2 + workload.hidden) + workload.hidden)
    rows = workload.length * workload.batch
    return rows * (per_row / rates.flops + TRANSCENDENTALS[workload.model] * workload.hidden / rates.transcendentals)


if __name__ == "__main__":
    print(json.dumps(asdict(measure())))
