"""Trials judged anew from the tables: the same as when they were trained, and by other rules where those have changed."""

import numpy as np
import pandas as pd
import pytest

from tests.support.benchmarks import failed, results, smoke
from unvanish.suite.diagnosis import judge_tables
from unvanish.suite.diagnosis.rules import rate_too_high
from unvanish.suite.execution.protocol import run_cohort
from unvanish.suite.experiment.plan import select
from unvanish.suite.tables.frames import curves_frame, gradients_frame, probes_frame, trials_frame
from unvanish.suite.tables.schema import JUDGEMENT

SELECTED = "task=first_symbol|exercise_schedule,model=rnn|lstm,mitigation=none|truncated_bptt|relu|frozen|gradient_clipping"


def tables(results):
    return {
        "trials": trials_frame("smoke", results, [f"run {place}" for place in range(len(results))]),
        "curves": curves_frame(results),
        "probes": probes_frame(results),
        "gradients": gradients_frame(results),
    }


@pytest.fixture(scope="module")
def trained():
    """Real trials of a few networks, with what was made of them at once, and some that failed to run."""
    plan = select(smoke(), SELECTED)
    (first, *others) = plan.cohorts
    return plan.record(), tables([row for cohort in [first, others[-1]] for row in run_cohort(cohort)[0]] + failed(others[0]))


def test_real_trials_are_judged_as_they_were_when_they_were_trained(trained):
    plan, found = trained
    blanked = found["trials"].copy()
    finished = blanked.status == "finished"
    blanked.loc[finished, "diagnosis"], blanked.loc[finished, "score"] = "unknown", 0.5
    again = judge_tables(plan, **{**found, "trials": blanked})
    pd.testing.assert_frame_equal(again, found["trials"])
    assert finished.any() and not finished.all() and found["trials"].diagnosis.nunique() > 2


def test_what_exploded_is_judged_from_its_tables_too():
    plan = select(smoke(), "task=adding,model=lstm,mitigation=none|rmsprop")
    found = tables([row for cohort in plan.cohorts for row in results(cohort, diverged_at=3, loss=np.nan, metric=np.nan)])
    pd.testing.assert_frame_equal(judge_tables(plan.record(), **found), found["trials"])
    assert set(found["trials"].diagnosis) == {"exploded"}


def test_another_threshold_changes_the_diagnosis_without_training(trained, monkeypatch):
    plan, found = trained
    monkeypatch.setattr(rate_too_high, "MAX_UPDATE_RATIO", 0.0)
    again = judge_tables(plan, **found)
    rnn = (again.model == "rnn") & (again.status == "finished") & ~again.mitigation.isin(["frozen", "truncated_bptt"])
    assert (again[rnn].events.str.contains("rate_too_high")).all() and not (found["trials"][rnn].events.str.contains("rate_too_high")).all()
    unchanged = [column for column in again if column not in JUDGEMENT]
    pd.testing.assert_frame_equal(again[unchanged], found["trials"][unchanged])


def test_of_a_plugin_that_is_not_known_here_the_old_diagnosis_stays(trained):
    plan, found = trained
    strange = {name: table.assign(mitigation="mine") for name, table in found.items()}
    pd.testing.assert_frame_equal(judge_tables(plan, **strange), strange["trials"])
