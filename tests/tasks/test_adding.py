import numpy as np
import pytest
from scipy.stats import triang

from unvanish.tasks.adding import Adding
from unvanish.tasks.seeding import generator


@pytest.mark.parametrize("lag", [2, 5, 30])
def test_one_number_is_marked_in_each_half_and_their_sum_is_wanted(lag):
    drawn = Adding(lag).draw(generator("training"), 500)
    numbers, markers = drawn.inputs[..., 0], drawn.inputs[..., 1]
    assert (markers[:, : lag // 2].sum(1) == 1).all() and (markers[:, lag // 2 :].sum(1) == 1).all()
    assert np.allclose((numbers * markers).sum(1), drawn.targets[:, 0, 0], atol=1e-6)
    assert numbers.min() >= 0 and numbers.max() < 1


def test_the_baselines_are_those_of_the_triangular_density():
    total = triang(c=0.5, loc=0, scale=2)
    task = Adding(10)
    assert task.baseline_loss == pytest.approx(total.var())
    assert task.baseline_metric == pytest.approx(total.cdf(1.08) - total.cdf(0.92))


def test_the_first_mark_lies_at_the_information_step_or_before():
    task = Adding(11)
    markers = task.draw(generator("training"), 2000).inputs[..., 1]
    assert markers.argmax(1).max() == task.length - 1 - task.information_distance
