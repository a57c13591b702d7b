"""A model that sees the whole sequence says so beside its name wherever it is shown, and commands have its name alone."""

import re
from dataclasses import replace

from tests.support import benchmarks
from unvanish.reports.pages.benchmark import contents, render
from unvanish.reports.shown_names import with_shown_names
from unvanish.reports.tables.summary import solved_matrix

SHOWN = "lstm (sees the whole sequence)"


def not_causal():
    """A task of which an LSTM counts as one that sees the whole sequence."""
    plan = benchmarks.quick("task=temporal_order,lag=10,model=rnn|lstm,mitigation=none|rmsprop")
    data = benchmarks.dataset(plan, [row for cohort in plan.cohorts for row in benchmarks.results(cohort, metric=0.4)])
    return replace(data, plan=data.plan.model_copy(update={"not_causal": ["lstm"]}))


def test_its_name_is_marked_in_every_table_of_the_benchmark():
    shown = with_shown_names(not_causal())
    for table in (shown.trials, shown.curves, shown.probes, shown.gradients, shown.conditions, shown.overall):
        assert SHOWN in set(table.model) and "lstm" not in set(table.model)
    assert SHOWN in shown.plan.profile.models and with_shown_names(shown) is shown
    assert [row[0] for row in solved_matrix(not_causal())].count(SHOWN) == 1


def test_no_page_names_it_without_the_mark_but_in_commands():
    page = render(contents(not_causal()), {})
    assert "model=lstm,mitigation=none" in page and "model=lstm (" not in page
    named = re.findall(r">lstm\b[^<]*<", page)
    assert named and all(name.startswith(f">{SHOWN}") for name in named)


def test_a_benchmark_of_causal_models_is_shown_as_it_is():
    data = benchmarks.one_condition()
    assert with_shown_names(data) is data
