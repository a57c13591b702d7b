"""The page and its tables from made-up results: nothing is left out, nothing that failed looks better than it is."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from reports.conditions import conditions
from reports.dataset import Dataset
from reports.figures import FIGURES
from reports.overall import overall
from reports.page import contents, render
from reports.source import CLAIMS, measured
from suite.frames import curves_frame, gradients_frame, probes_frame, references_frame, trials_frame
from suite.plan import make_plan, select
from suite.profile import load
from suite.references import ReferenceResult
from tests.made_up import failed, results

CONTEXT = {"command": "unvanish run <quick>"}


def dataset(plan, trials, curves, gradients, references=None):
    references = references_frame([]) if references is None else references
    return Dataset(plan=plan, context=CONTEXT, metrics={}, trials=trials, curves=curves, probes=probes_frame([]), gradients=gradients, references=references)


@pytest.fixture(scope="module")
def benchmark():
    """One task of quick: one cohort solved, one exploded, one failed, the others not run."""
    plan = select(make_plan(load("quick")), "task=temporal_order")
    kinds = [{"metric": 1.0}, {"diverged_at": 7, "loss": np.nan, "metric": np.nan}, None]
    made = [failed(cohort) if figures is None else results(cohort, **figures) for cohort, figures in zip(plan.cohorts, kinds, strict=False)]
    rows = [result for part in made for result in part]
    references = references_frame([ReferenceResult(cohort.task, "window of 10", 0.5, 0.5) for cohort in plan.cohorts[:1]])
    return plan.summary(), references, trials_frame("quick", rows, ["run"] * len(rows)), curves_frame(rows), gradients_frame(rows)


@pytest.fixture(scope="module")
def page(benchmark):
    plan, references, trials, curves, gradients = benchmark
    return render(contents(dataset(plan, trials, curves, gradients, references)), {})


def test_every_planned_condition_has_a_row_whatever_became_of_it(benchmark):
    plan, _, trials, *_ = benchmark
    rows = conditions(plan, trials)
    assert len(rows) == plan["counts"]["conditions"] + plan["counts"]["not_applicable"]
    assert rows.state.value_counts().to_dict() == {"run": 11, "failed": 6, "not run": 29, "not applicable": 6}


def test_what_exploded_or_failed_counts_as_tried_and_not_as_solved(benchmark):
    plan, _, trials, *_ = benchmark
    rows = conditions(plan, trials).set_index(["lag", "model"])
    for model, solved in (("feedforward", 3), ("rnn", 0), ("lstm", 0)):
        here = rows.loc[(10, model)]
        here = here[here.tried > 0]
        assert (here.solved == solved).all() and (here.tried == 3).all()
    assert (rows.loc[(10, "rnn")].score == 0).all() and (rows.loc[(10, "lstm")].score == 0).all()


def test_steps_to_solved_are_not_those_of_the_lucky_few(benchmark):
    """Of three trials one solved the task early: the condition needs more steps than it was given."""
    plan, _, trials, *_ = benchmark
    solved = trials[(trials.model == "feedforward") & (trials.mitigation == "none") & (trials.phase == "evaluate")].index
    assert conditions(plan, trials).steps_to_solved[0] == trials.solved_at[solved[0]]
    lucky = trials.copy()
    lucky.loc[solved[1:], "solved_at"] = pd.NA
    assert np.isnan(conditions(plan, lucky).steps_to_solved[0])


def test_what_is_computed_from_the_tables_is_computed_once(benchmark):
    plan, references, trials, curves, gradients = benchmark
    data = dataset(plan, trials, curves, gradients, references)
    for name in ("conditions", "overall", "horizons", "claims"):
        assert getattr(data, name) is getattr(data, name)
    pd.testing.assert_frame_equal(data.conditions, conditions(plan, trials))
    assert set(data.evaluated.phase) == {"evaluate"} and len(data.evaluated) + len(data.tuned) == len(trials)


def test_the_overview_leaves_out_what_was_run_on_a_part_of_the_problems_only(benchmark):
    plan, _, trials, *_ = benchmark
    assert overall(plan, trials).empty  # lag 30 was not run
    short = {**plan, "conditions": [condition for condition in plan["conditions"] if condition["lag"] == 10]}
    table = overall(short, trials).set_index(["model", "mitigation"])
    assert set(table.index.get_level_values("model")) == {"feedforward", "rnn", "lstm"}
    assert (table.iqm["feedforward"] == 1).all() and (table.iqm[["rnn", "lstm"]] == 0).all()
    compared = table.improvement.drop("none", level="mitigation")
    assert (compared[["feedforward", "rnn"]] == 0.5).all() and table.improvement.xs("none", level="mitigation").isna().all()
    assert compared["lstm"].isna().all()  # against a crash everything looks better


def test_every_row_of_the_source_document_is_measured_or_said_to_be_not_run(benchmark):
    plan, _, trials, *_ = benchmark
    rows = measured(conditions(plan, trials))
    assert len(rows) == len(CLAIMS)
    by_claim = {row["says"]: row["shortest"] for row in rows}
    assert by_claim["A feed-forward network cannot use order."] == "15 of 15"
    assert by_claim["A recurrent network knows the latest input and the past."] == "0 of 3"
    assert by_claim["A feed-forward network predicts the exercise poorly."] == "not run"


def test_the_page_stands_alone(page):
    """No script, no link, no image that has to be fetched."""
    fetched = re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)[^)]*\)|<script|@import', page)
    assert fetched == []
    assert len(page) < 5_000_000


def test_the_page_is_well_formed_and_escapes_what_it_is_given(page):
    class Balance(HTMLParser):
        void = {"meta", "br", "link", "use", "path"}

        def __init__(self):
            super().__init__()
            self.open, self.ids = [], []

        def handle_starttag(self, tag, attributes):
            self.ids += [value for name, value in attributes if name == "id"]
            if tag not in self.void:
                self.open.append(tag)

        def handle_startendtag(self, tag, attributes):
            self.ids += [value for name, value in attributes if name == "id"]

        def handle_endtag(self, tag):
            if tag not in self.void:
                assert self.open.pop() == tag

    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert "unvanish run &lt;quick&gt;" in page


def test_the_page_says_what_is_missing(page):
    assert "29 conditions have not been run yet" in page
    assert "Exploratory: 3 evaluation seeds" in page
    assert "not applicable: there is no state to backpropagate through" in page


def test_a_page_is_the_same_byte_for_byte_for_the_same_results(benchmark, page):
    plan, references, trials, curves, gradients = benchmark
    assert render(contents(dataset(plan, trials, curves, gradients, references)), {}) == page


@pytest.fixture(scope="module")
def complete():
    """A page of two lags with every condition run."""
    plan = select(make_plan(load("quick")), "task=temporal_order")
    rows = [result for cohort in plan.cohorts for result in results(cohort, metric=1.0 if cohort.task.lag == 10 else 0.4)]
    tables = trials_frame("quick", rows, ["run"] * len(rows)), curves_frame(rows), gradients_frame(rows)
    return render(contents(dataset(plan.summary(), *tables)), {})


def test_every_panel_has_an_alternative_text_and_the_pages_colours(complete):
    panels = re.findall(r"<svg.*?</svg>", complete, flags=re.DOTALL)
    for svg in panels:
        assert re.match(r'<svg [^>]*role="(img|group)" aria-label="[^"]{10,}"', svg) and "currentColor" in svg
    titles = {re.search(r'aria-label="([^"]*)"', svg).group(1) for svg in panels}
    assert len(titles) == len(panels)
    assert {title.split(", ")[0] for title in titles} == {figure.title.split(", ")[0] for figure in FIGURES}


def test_a_benchmark_without_a_single_result_still_has_a_page(benchmark):
    plan, references, trials, curves, gradients = benchmark
    text = render(contents(dataset(plan, trials.iloc[:0], curves.iloc[:0], gradients.iloc[:0], references)), {})
    assert "46 conditions have not been run yet" in text


def test_a_table_survives_parquet(benchmark, tmp_path):
    _, _, trials, *_ = benchmark
    trials.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), trials)
