"""From a profile to conditions: nothing left out, the same budget for all, identified by what decides the result."""

import json
from dataclasses import replace

import pytest

from unvanish.suite.experiment.plan import make_plan, padded_length, select
from unvanish.suite.experiment.profile import load
from unvanish.suite.mitigations import Combination, find
from unvanish.suite.models import MODELS, Sizes
from unvanish.tasks.copy_memory import CopyMemory
from unvanish.tasks.errors import UsageError
from unvanish.tasks.first_symbol import FirstSymbol


@pytest.fixture(scope="module")
def plan():
    return make_plan(load("quick"))


def test_every_combination_is_a_condition_or_listed_with_its_reason(plan):
    profile = plan.profile
    cells = sum(len(entry.lags) for entry in profile.task) * len(profile.models) * len(profile.mitigations)
    named = [(c.task.name, c.lag, c.model, c.mitigation) for c in plan.conditions] + [(n.task, n.lag, n.model, n.mitigation) for n in plan.not_applicable]
    assert len(set(named)) == len(named) == cells
    assert all(entry.reason for entry in plan.not_applicable)
    assert {(n.model, n.mitigation) for n in plan.not_applicable} == {("feedforward", "truncated_bptt"), ("feedforward", "frozen")}


def test_every_condition_of_a_task_and_lag_has_the_same_budget(plan):
    assert len({(c.task, c.tuning_trials, c.evaluation_trials, c.budget) for c in plan.conditions}) == len({c.task for c in plan.conditions})
    assert not set(plan.profile.tuning_seeds) & set(plan.profile.evaluation_seeds)


def test_a_cohort_is_one_task_lag_and_model(plan):
    for cohort in plan.cohorts:
        assert {(c.task, c.model) for c in cohort.conditions} == {(cohort.task, cohort.model)}
    assert len(plan.cohorts) == len({(c.task, c.model) for c in plan.conditions})


def test_conditions_that_no_gradient_can_teach_are_announced(plan):
    cut = {(c.model, c.mitigation, c.lag) for c in plan.conditions if c.no_gradient}
    assert cut == {(model, "truncated_bptt", lag) for model in ("rnn", "lstm", "gru") for lag in (15, 25, 30)}


def test_models_can_be_matched_by_parameters():
    """The LSTM has the most and keeps its units; of every other model no number of units comes closer."""
    profile = load("quick")
    matched = make_plan(profile.model_copy(update={"match": "parameters"}))
    for task in {condition.task for condition in matched.conditions}:
        size = {c.model: c.budget.hidden_size for c in matched.conditions if c.task == task}
        parameters = {c.model: c.parameters for c in matched.conditions if c.task == task}
        assert size["lstm"] == profile.hidden_size
        for name in ("feedforward", "rnn", "gru"):
            assert size[name] > profile.hidden_size
            for other in (size[name] - 1, size[name] + 1):
                wrong = MODELS[name].parameters(Sizes(task.input_size, other, task.output_size, task.length))
                assert abs(parameters[name] - parameters["lstm"]) <= abs(wrong - parameters["lstm"])
    assert {c.budget.hidden_size for c in make_plan(profile).conditions} == {profile.hidden_size}


def test_counts_add_up(plan):
    summary = json.loads(json.dumps(plan.record().model_dump()))
    counts = summary["counts"]
    assert counts["conditions"] == len(summary["conditions"]) == len(plan.conditions)
    assert counts["trials"] == sum(cohort.trials for cohort in plan.cohorts) == counts["tuning_trials"] + counts["evaluation_trials"]
    assert counts["runs"] == 1 + counts["conditions"] + counts["evaluation_trials"]


def test_a_fingerprint_changes_with_all_that_decides_the_result_and_with_nothing_else(plan):
    condition = plan.conditions[7]
    assert len({c.fingerprint for c in plan.conditions}) == len(plan.conditions)
    others = [
        replace(condition, task=replace(condition.task, lag=99)),
        replace(condition, task=replace(condition.task, symbols=5)),
        replace(condition, model="gru"),
        replace(condition, mitigations=find("gradient_clipping(threshold=2)")),
        replace(condition, rates=replace(condition.rates, first=(0.1,))),
        replace(condition, rates=replace(condition.rates, most=9)),
        replace(condition, budget=replace(condition.budget, steps=10)),
        replace(condition, budget=replace(condition.budget, evaluation_seeds=(7,))),
    ]
    assert len({c.fingerprint for c in [condition, *others]}) == len(others) + 1


def test_a_selection_takes_what_it_names(plan):
    chosen = select(plan, "task=first_symbol,model=lstm|gru,mitigation=none")
    assert {(c.task.name, c.model, c.mitigation) for c in chosen.conditions} == {("first_symbol", "lstm", "none"), ("first_symbol", "gru", "none")}
    assert {c.lag for c in select(plan, "lag=25").conditions} == {25}


def test_a_selection_takes_a_mitigation_with_several_parameters(plan):
    cohort = plan.cohorts[0]
    name = "made_up(first=0.1, second=2)"
    other = replace(cohort.conditions[0], mitigations=Combination(name, ()))
    planned = replace(plan, cohorts=(replace(cohort, conditions=(*cohort.conditions, other)),))
    assert [c.mitigation for c in select(planned, f"mitigation={name},lag={other.lag}").conditions] == [name]
    assert [c.mitigation for c in select(planned, f"lag={other.lag},mitigation=none|{name}").conditions] == ["none", name]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("modl=rnn", "did you mean 'model'"),
        ("model=lst", "did you mean 'lstm'"),
        ("lag=3", "lag in this selection"),
        ("task", "task in this selection"),
        ("", "the selection is empty"),
    ],
)
def test_a_selection_of_what_is_not_there_is_refused(plan, given, sentence):
    with pytest.raises(UsageError, match=sentence):
        select(plan, given)


@pytest.mark.parametrize(
    ("lags", "lag", "padded"),
    [
        ((5, 25), 5, 26),
        ((5, 25), 25, 26),
        ((5, 25, 100, 400), 5, 26),  # 401 and 101 share programs, 26 and 6
        ((5, 25, 100, 400), 25, 26),
        ((5, 25, 100, 400), 100, 401),
        ((5, 400), 5, 6),  # more than five times as long
    ],
)
def test_lags_share_the_programs_of_the_longest_unless_they_are_much_shorter(lags, lag, padded):
    tasks = [FirstSymbol(each) for each in lags]
    assert padded_length(FirstSymbol(lag), tasks, MODELS["lstm"], [find("none"), find("truncated_bptt")]) == padded


@pytest.mark.parametrize(("model", "mitigation"), [("lstm", "h_detach"), ("feedforward", "none"), ("attention", "none")])
def test_what_depends_on_the_number_of_time_steps_has_programs_of_its_own(model, mitigation):
    """A random mask, a model that is run over the loss steps alone, a Keras model that is built for one length."""
    assert padded_length(FirstSymbol(5), [FirstSymbol(5), FirstSymbol(25)], MODELS[model], [find(mitigation)]) == 6


def test_a_task_with_a_loss_at_every_step_shares_no_programs():
    """Its lags have another number of losses each."""
    tasks = [CopyMemory(lag) for lag in (3, 6)]
    assert padded_length(tasks[0], tasks, MODELS["lstm"], [find("none")]) == tasks[0].length
