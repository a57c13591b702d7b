"""What a condition costs: figures computed by hand from a few made-up trials."""

from dataclasses import replace

import pandas as pd
import pytest

from tests.support.benchmarks import dataset, quick, results
from unvanish.reports.excerpt import excerpt
from unvanish.reports.pages.sections.cost import SECTION
from unvanish.reports.pages.templating import environment
from unvanish.reports.tables.costs import costs
from unvanish.suite.experiment.step_cost import StepCost
from unvanish.suite.tables.frames import step_costs_frame


@pytest.fixture
def data():
    """Under rmsprop trials solve at steps 100, 300 and 600 and two do not; under none nothing is solved. A step takes 2 and 1.5 ms."""
    plan = quick("task=first_symbol,lag=25,model=rnn,mitigation=none|rmsprop")
    (cohort,) = plan.cohorts
    benchmark = dataset(plan, results(cohort, metric=0.2, loss=1.0))
    trials = benchmark.trials
    chosen = trials[(trials.mitigation == "rmsprop") & (trials.phase == "evaluate")].index
    trials.loc[chosen[:3], ["diagnosis", "outcome"]] = "solved"
    trials.loc[chosen[:3], "solved_at"] = [600, 100, 300]
    plain, cure = cohort.conditions
    return replace(benchmark, step_costs=step_costs_frame([StepCost(plain, 2.0, 1.0, 0.98, 1.03, 9), StepCost(cure, 1.5, 0.75, 0.7, 0.8, 9)]))


def text(data):
    html = environment().get_template(SECTION.path).render(SECTION.content(excerpt(data)), metrics={})
    return " ".join(pd.Series([html]).str.replace("<[^>]+>", " ", regex=True)[0].split())


def test_steps_are_the_median_of_the_trials_that_solved_and_seconds_those_of_so_many_steps(data):
    table = costs(data).set_index("mitigation")
    assert tuple(table.loc["rmsprop", ["median_solved_at", "n_solved", "n_trials", "seconds_to_solve"]]) == pytest.approx((300, 3, 5, 300 * 0.0015))
    assert table.loc["none", ["median_solved_at", "seconds_to_solve"]].isna().all() and table.loc["none", "ratio"] == 1
    assert len(table) == len(data.conditions)


def test_the_page_shows_the_ratio_with_its_spread_and_how_many_solved(data):
    shown = text(data)
    assert "first symbol, lag 25: time of a training step relative to none" in shown
    assert "rmsprop 0.75 0.70–0.80" in shown and "none 1.00 0.98–1.03" in shown
    assert "rmsprop 300, 0.45 s 3 of 5" in shown and "none –" in shown and "1704 2" in shown


def test_without_timed_steps_the_page_shows_no_seconds_and_says_why(data):
    shown = text(replace(data, step_costs=step_costs_frame([])))
    assert "rmsprop 300 3 of 5" in shown and " s 3 of" not in shown and "No training step was timed" in shown


def test_a_step_that_could_not_be_timed_is_left_out(data):
    condition = quick("task=first_symbol,lag=25,model=rnn,mitigation=rmsprop").conditions[0]
    shown = text(replace(data, step_costs=step_costs_frame([StepCost(condition, failure="it raised")])))
    assert "relative to none" not in shown and "nan" not in shown.lower()
