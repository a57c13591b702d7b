import numpy as np
import pandas as pd
import pytest

from unvanish.reports.statistics.success import success, wilson_interval


@pytest.mark.parametrize(("solved", "trials", "low", "high"), [(0, 3, 0.0, 0.5615), (3, 3, 0.4385, 1.0), (81, 263, 0.2553, 0.3662)])
def test_wilsons_interval_is_the_published_one(solved, trials, low, high):
    """81 of 263: Newcombe (1998), table I; 0 of 3 by hand: z^2 / (n + z^2)."""
    assert wilson_interval(solved, trials) == pytest.approx((low, high), abs=1e-4)


def test_no_trials_have_no_interval():
    with pytest.raises(ValueError, match="no trials"):
        wilson_interval(0, 0)


def trials(*mitigations, seeds=5):
    rows = [("adding", 25, "feedforward", name, seed, "memoryless") for name in mitigations for seed in range(seeds)]
    return pd.DataFrame(rows, columns=["task", "lag", "model", "mitigation", "seed", "diagnosis"]).assign(status="finished")


def test_the_same_seed_under_mitigations_that_do_nothing_is_no_new_trial():
    """A network without state under five mitigations: 0 of 25 trials, but no surer than 0 of 5."""
    five = success(trials("none", "relu", "rmsprop", "gradient_clipping", "orthogonal"))
    assert (five["n_solved"], five["n_trials"]) == (0, 25)
    assert (five["success_low"], five["success_high"]) == wilson_interval(0, 5)
    assert success(trials("none"))["success_high"] == wilson_interval(0, 5)[1]


def test_what_failed_to_run_is_no_trial():
    """Two of five failed: 0 of 3."""
    some = trials("none")
    some.loc[3:, "status"] = "failed"
    found = success(some)
    assert (found["n_solved"], found["n_trials"], found["n_failed"], found["success_high"]) == (0, 3, 2, wilson_interval(0, 3)[1])


def test_of_no_trials_nothing_is_known():
    nothing = success(trials())
    assert nothing["n_trials"] == 0 and np.isnan([nothing["success_rate"], nothing["success_low"], nothing["success_high"]]).all()
