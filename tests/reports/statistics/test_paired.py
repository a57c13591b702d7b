import numpy as np
import pandas as pd
import pytest

from unvanish.reports.statistics.paired import against_none, can_be_significant, holm, paired_permutation_test, smallest_p

# Darwin's maize: crossed less self-fertilised plants, in eighths of an inch (Fisher 1935, The Design of Experiments, section 17)
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def series(values):
    return pd.Series(values, index=range(101, 101 + len(values)), dtype=float)


def test_fishers_own_example():
    """863 of the 2^15 sign flips reach the sum of 314 (section 21), and as many its mirror image."""
    p = paired_permutation_test(pd.DataFrame({"maize": series(MAIZE), "nothing": series([0] * 15)}), series([0] * 15))
    assert p.to_dict() == pytest.approx({"maize": 2 * 863 / 2**15, "nothing": 1})


def test_pairs_are_found_by_their_seed_not_by_their_place():
    scores, others = series([0.1, 0.5, 0.9, 0.4]).to_frame("a"), series([0.0, 0.1, 0.2, 0.6])
    assert paired_permutation_test(scores, others.sample(frac=1, random_state=0)).equals(paired_permutation_test(scores, others))
    with pytest.raises(ValueError, match="same seeds"):
        paired_permutation_test(scores, others.rename(index={101: 7}))


@pytest.mark.parametrize("pairs", [2, 5, 8])
def test_the_lowest_p_is_the_one_that_a_clean_sweep_reaches(pairs):
    sweep = series(np.linspace(0.5, 1, pairs))
    assert paired_permutation_test(sweep.to_frame("a"), 0 * sweep)["a"] == pytest.approx(smallest_p(pairs))


def test_what_cannot_be_significant_is_known_beforehand():
    """2 / 2^5 = 0.0625 > 0.05; of 8 pairs 6 comparisons are the most: 6 x 2 / 2^8 = 0.047."""
    assert not can_be_significant(5, 1)
    assert can_be_significant(6, 1)
    assert can_be_significant(8, 6) and not can_be_significant(8, 7)


def test_holms_correction_by_hand():
    """4 x 0.005; 3 x 0.01; 2 x 0.03; then 0.04 is raised to the one before."""
    assert holm(pd.Series({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})).to_dict() == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


def trials(seeds, **score_of_mitigation):
    rows = [
        {
            "task": "adding",
            "lag": 25,
            "model": "rnn",
            "mitigation": mitigation,
            "phase": "evaluate",
            "seed": seed,
            "score": score + 0.001 * seed,
            "status": "finished",
        }
        for mitigation, score in score_of_mitigation.items()
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows).assign(task="adding", lag=25, model="rnn", phase="evaluate", status="finished")


def planned(count):
    return {("adding", 25, "rnn"): count}


def test_every_mitigation_is_tested_against_none_with_the_correction_of_its_family():
    table = against_none(trials(10, none=0.2, clipping=0.2, rmsprop=0.9), planned(2)).set_index("mitigation")
    assert list(table.index) == ["clipping", "rmsprop"]
    assert table.p.to_dict() == pytest.approx({"clipping": 1.0, "rmsprop": 2 / 2**10})
    assert table.p_holm.to_dict() == pytest.approx({"clipping": 1.0, "rmsprop": 4 / 2**10})
    assert table.difference.to_dict() == pytest.approx({"clipping": 0.0, "rmsprop": 0.7})


def test_no_test_is_made_that_could_not_come_out_significant():
    assert against_none(trials(5, none=0.2, rmsprop=0.9), planned(1)).empty
    assert against_none(trials(10, rmsprop=0.9), planned(1)).empty
    assert not against_none(trials(10, none=0.2, rmsprop=0.9), planned(25)).empty
    assert against_none(trials(10, none=0.2, rmsprop=0.9), planned(26)).empty


def test_running_one_mitigation_at_a_time_makes_nothing_more_significant():
    assert against_none(trials(10, none=0.2, rmsprop=0.9), planned(7)).p_holm.tolist() == pytest.approx([7 * 2 / 2**10])


def test_nothing_is_better_than_a_crash():
    table = trials(10, none=0.0, rmsprop=0.9)
    table.loc[(table.mitigation == "none") & (table.seed == 3), "status"] = "failed"
    assert against_none(table, planned(1)).empty


def test_a_mitigation_that_failed_is_not_tested_and_takes_nothing_from_the_others():
    table = trials(10, none=0.2, clipping=0.9, rmsprop=0.9)
    table.loc[(table.mitigation == "clipping") & (table.seed == 3), ["status", "score"]] = ["failed", np.nan]
    tested = against_none(table, planned(2))
    assert tested.mitigation.tolist() == ["rmsprop"] and tested.p_holm.tolist() == pytest.approx([4 / 2**10])


def test_tuning_trials_are_not_tested():
    table = trials(10, none=0.2, rmsprop=0.9)
    assert against_none(table.assign(phase="tune"), planned(1)).empty


def test_controls_are_no_cures():
    """A state that is never trained, and a network without one, are no comparison with `none`, and take no cure's significance."""
    table = against_none(trials(10, none=0.2, frozen=0.9, rmsprop=0.9), planned(1))
    assert table.mitigation.tolist() == ["rmsprop"] and table.p_holm.tolist() == pytest.approx([2 / 2**10])
    assert against_none(trials(10, none=0.2, rmsprop=0.9).assign(model="feedforward"), {("adding", 25, "feedforward"): 1}).empty
