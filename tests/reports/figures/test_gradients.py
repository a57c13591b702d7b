"""The gradient through time is drawn as it was measured."""

import numpy as np
import pandas as pd

from reports.figures.figure import TaskResults
from reports.figures.gradients import draw


def test_every_trial_is_a_line_of_its_gradient_relative_to_the_end():
    norms = {101: [2.0, 1.0, 0.02], 102: [4.0, 0.4, 0.0]}
    gradients = pd.DataFrame(
        [
            {
                "lag": 2,
                "model": "rnn",
                "mitigation": "none",
                "phase": "evaluate",
                "seed": seed,
                "step": 40,
                "steps_back": back,
                "norm": norm,
                "cell_norm": np.nan,
            }
            for seed, values in norms.items()
            for back, norm in enumerate(values)
        ]
    )
    empty = pd.DataFrame()
    results = TaskResults("a task", ["rnn"], ["none"], {2: {"information_distance": 2}}, empty, empty, empty, empty, empty, gradients)
    (panel,) = draw(results).axes
    drawn = sorted(line.get_ydata().tolist() for line in panel.lines if len(line.get_xdata()) == 3)
    np.testing.assert_allclose(drawn, [[1, 0.1, np.nan], [1, 0.5, 0.01]])
