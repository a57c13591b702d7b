"""Tables from made-up results: nothing is left out, nothing that failed looks better than it is."""

import numpy as np
import pandas as pd
import pytest

from tests.support.benchmarks import failed, one_condition, results
from unvanish.reports.tables.conditions import conditions
from unvanish.reports.tables.overall import overall
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.profile import load
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tables.frames import curves_frame, gradients_frame, references_frame, trials_frame


@pytest.fixture(scope="module")
def benchmark():
    """One task of quick: one cohort solved, one exploded, one failed, the others not run."""
    plan = select(make_plan(load("quick")), "task=temporal_order")
    kinds = [{"metric": 1.0}, {"diverged_at": 7, "loss": np.nan, "metric": np.nan}, None]
    made = [failed(cohort) if figures is None else results(cohort, **figures) for cohort, figures in zip(plan.cohorts, kinds, strict=False)]
    rows = [result for part in made for result in part]
    references = references_frame([ReferenceResult(cohort.task, "window of 10", 0.5, 0.5) for cohort in plan.cohorts[:1]])
    return plan.record(), references, trials_frame("quick", rows, ["run"] * len(rows)), curves_frame(rows), gradients_frame(rows)


def test_every_planned_condition_has_a_row_whatever_became_of_it(benchmark):
    plan, _, trials, *_ = benchmark
    rows = conditions(plan, trials)
    assert len(rows) == plan.counts.conditions + plan.counts.not_applicable
    assert rows.state.value_counts().to_dict() == {"run": 5 + 7, "failed": 7, "not run": 7 + 26, "not applicable": 2 * 2 * 3}


def test_what_exploded_counts_as_tried_and_not_as_solved_and_what_failed_as_neither(benchmark):
    plan, _, trials, *_ = benchmark
    rows = conditions(plan, trials).set_index(["lag", "model"])
    for model, solved, n_failed in (("feedforward", 5, 0), ("rnn", 0, 0), ("lstm", 0, 5)):
        here = rows.loc[(10, model)]
        here = here[here.state.isin(["run", "failed"])]
        assert len(here) and (here.n_solved == solved).all() and (here.n_failed == n_failed).all() and (here.n_trials == 5 - n_failed).all()
    assert (rows.loc[(10, "rnn")].score == 0).all() and rows.loc[(10, "lstm")].score.isna().all()


def test_steps_to_solved_are_not_those_of_the_lucky_few(benchmark):
    """Of three trials one solved the task early: the condition needs more steps than it was given."""
    plan, _, trials, *_ = benchmark
    solved = trials[(trials.model == "feedforward") & (trials.mitigation == "none") & (trials.phase == "evaluate")].index
    assert conditions(plan, trials).steps_to_solved[0] == trials.solved_at[solved[0]]
    lucky = trials.copy()
    lucky.loc[solved[1:], "solved_at"] = pd.NA
    assert np.isnan(conditions(plan, lucky).steps_to_solved[0])


def test_what_is_computed_from_the_tables_is_computed_once():
    data = one_condition()
    for name in ("conditions", "overall", "horizons", "claims"):
        assert getattr(data, name) is getattr(data, name)
    pd.testing.assert_frame_equal(data.conditions, conditions(data.plan, data.trials))
    assert set(data.evaluated.phase) == {"evaluate"} and len(data.evaluated) + len(data.tuned) == len(data.trials)


def test_the_overview_leaves_out_what_was_run_on_a_part_of_the_problems_only(benchmark):
    plan, _, trials, *_ = benchmark
    assert overall(plan, trials).empty  # lag 30 was not run
    short = PlanRecord.model_validate(plan.model_dump() | {"conditions": [condition for condition in plan.conditions if condition.lag == 10]})
    table = overall(short, trials).set_index(["model", "mitigation"])
    assert set(table.index.get_level_values("model")) == {"feedforward", "rnn"}  # the LSTM's trials failed
    assert table.iqm["feedforward", "any"] == 1 and (table.iqm["rnn"] == 0).all()
    cures = table[table.role == "cure"]
    assert (cures.improvement["rnn"] == 0.5).all() and table.improvement[table.role != "cure"].isna().all()


def test_a_table_survives_parquet(benchmark, tmp_path):
    _, _, trials, *_ = benchmark
    trials.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), trials)
