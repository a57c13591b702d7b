"""The rows of a trial as rules see them: the same whether it has just been trained or was read back from a table."""

import numpy as np
import pytest

from tests.support.benchmarks import results, smoke
from unvanish.suite.tables.frames import curves_frame, gradients_frame, key, probes_frame
from unvanish.suite.tables.measurements import by_trial, measurements_of
from unvanish.suite.tables.schema import KEY


@pytest.fixture(scope="module")
def judged():
    return [result for cohort in smoke().cohorts for result in results(cohort)]


def test_rows_read_back_are_those_that_were_written(judged):
    frames = [frame(judged).sample(frac=1, random_state=0).sort_values("step", kind="stable") for frame in (curves_frame, probes_frame)]
    stored = by_trial(*frames, gradients_frame(judged))
    assert len(stored) == len(judged)
    for result in judged:
        read, fresh = stored[tuple(key(result)[name] for name in KEY)], measurements_of(result.trained)
        for column in ("step", "loss", "score", "gradient_norm", "update_ratio"):
            np.testing.assert_array_equal(read.curves[column], fresh.curves[column])
        for name in ("saturated_share", "spectral_radius", "none of the probes"):
            np.testing.assert_array_equal(read.probe(name), fresh.probe(name))
        if result.trial.condition.model != "feedforward":
            np.testing.assert_array_equal(read.reaching(3), fresh.reaching(3))


def test_what_reaches_a_step_is_of_all_states_together_and_of_the_last_loss_alone(judged):
    """An LSTM whose gradient is 3 in the hidden state and 4 in the cell five steps back, 1 in the hidden state at the end."""
    result = next(result for result in judged if result.trial.condition.model == "lstm")
    for name, norms in result.trained.probes.by_step.items():
        norms[:] = 9.0 if name.startswith(("total_", "input_")) else 0.0
    norms = result.trained.probes.by_step
    norms["norm"][:, 5], norms["cell_norm"][:, 5], norms["norm"][:, 0] = 3.0, 4.0, 1.0
    steps, ratios = measurements_of(result.trained).reaching(5)
    np.testing.assert_array_equal(steps, result.trained.probes.step)
    np.testing.assert_allclose(ratios, 5.0)
