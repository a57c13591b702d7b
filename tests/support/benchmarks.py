"""Trials and whole benchmarks made up for tests of whatever judges, stores or shows them, without any training."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.diagnosis import failed as judge_failed
from unvanish.suite.diagnosis import judge
from unvanish.suite.execution.failures import failed_results
from unvanish.suite.experiment.plan import Cohort, Plan, load_plan, make_plan, select
from unvanish.suite.experiment.profile import TaskEntry, load
from unvanish.suite.experiment.trial import Curve, Probes, Result, TrainedTrial, Trial, evaluation_trials, tuning_trials
from unvanish.suite.references import ReferenceResult
from unvanish.suite.tables.frames import curves_frame, gradients_frame, probes_frame, references_frame, trials_frame
from unvanish.suite.tables.long_tables import long_tables

CONTEXT = {"unvanish": "0.1.0", "command": "unvanish run <quick>", "git_commit": "0123456789abcdef", "date": "2026-11-24"}
FAILED_CURE = "rmsprop"
REASON = "plug-in mine.py, line 7, update: ValueError: made up"
EXPLODED = {"diverged_at": 7, "loss": np.nan, "metric": np.nan}


def trained(trial: Trial, **figures) -> TrainedTrial:
    """A trial that learned a little, unless the figures say otherwise."""
    task, budget = trial.condition.task, trial.condition.budget
    steps = np.arange(budget.evaluate_every, budget.steps + 1, budget.evaluate_every)
    metric = figures.get("metric", 0.5)
    flat = np.ones(len(steps))
    made = {
        "trial": trial,
        "loss": 0.5 * task.baseline_loss,
        "metric": metric,
        "diverged_at": None,
        "max_gradient_norm": 2.0,
        "clipped_share": 0.0,
        "parameters": 99,
        "seconds": 0.25,
        "curve": Curve(steps, flat, metric * flat, task.score(0.5 * task.baseline_loss, metric) * flat, flat, flat, flat, 0 * flat, 1e-3 * flat),
        "probes": probes(trial),
        "weights": {"kernel": np.ones((2, 3), np.float32)},
    }
    return TrainedTrial(**{**made, **figures})


def probes(trial: Trial, **figures) -> Probes:
    """Before and after training: a healthy network, unless the figures say otherwise."""
    names = {"feedforward": [], "lstm": ["norm", "cell_norm", "input_norm"]}.get(trial.condition.model, ["norm", "input_norm"])
    made = {name: np.zeros(2) for name in ("saturated_share", "dead_share")} | {name: np.ones(2) for name in ("spectral_radius", "largest_singular_value")}
    gradients = {prefix + name: np.ones((2, trial.condition.task.length)) for prefix in ("", "total_") for name in names}
    return Probes(**{"step": np.array([0, trial.condition.budget.steps]), "figures": made, "by_step": gradients, **figures})


def results(cohort: Cohort, **figures) -> list[Result]:
    """Every trial of a cohort with the same made-up outcome."""
    trials = [
        trial
        for condition in cohort.conditions
        for trial in [*tuning_trials(condition, condition.rates.first), *evaluation_trials(condition, condition.rates.first[0])]
    ]
    return [judge(trained(trial, **figures)) for trial in trials]


def failed(cohort: Cohort) -> list[Result]:
    return failed_results(cohort.conditions, REASON)


def smoke() -> Plan:
    return load_plan("smoke")


def dataset(plan: Plan, rows: Sequence[Result], planned: Plan | None = None) -> Benchmark:
    """A benchmark of which these trials were run; of a larger plan where one is given."""
    references = [ReferenceResult(task, "window of 10", 0.5, 0.5) for task in dict.fromkeys(cohort.task for cohort in plan.cohorts)]
    return Benchmark(
        plan=(planned or plan).record(),
        context=CONTEXT,
        times={},
        trials=trials_frame(plan.profile.name, rows, [f"run{index}" for index in range(len(rows))]),
        long_tables=long_tables(curves=curves_frame(rows), probes=probes_frame(rows), gradients=gradients_frame(rows)),
        references=references_frame(references),
    )


def quick(selection: str) -> Plan:
    return select(load_plan("quick"), selection)


def outcome_of(cohort: Cohort) -> list[Result]:
    """Short lags are solved, a plain RNN explodes at long ones, and the gradient of the others has vanished."""
    if cohort.task.lag <= 10:
        return results(cohort, metric=1.0)
    if cohort.model == "rnn":
        return results(cohort, **EXPLODED)
    return [judge(replace(row.trained, probes=fading(row.trial))) for row in results(cohort, metric=0.2, loss=cohort.task.baseline_loss)]


def fading(trial: Trial) -> Probes:
    """Probes of which the last has hardly any gradient at the first step."""
    made = probes(trial)
    for norms in made.gradients.values():
        norms[1] = np.logspace(0, -14, norms.shape[1])
    return made


def complete() -> Benchmark:
    """Two tasks with every condition run."""
    plan = quick("task=temporal_order|first_symbol")
    return dataset(plan, [row for cohort in plan.cohorts for row in outcome_of(cohort)])


def half_run() -> Benchmark:
    """One task of which one cohort is solved, one exploded, one failed and the others are not run."""
    plan = quick("task=temporal_order")
    solved, exploded, crashed = plan.cohorts[:3]
    return dataset(plan, [*results(solved, metric=1.0), *results(exploded, **EXPLODED), *failed(crashed)])


def failed_cure() -> Benchmark:
    """One task of which all is run but for one cure, in every model and at every lag."""
    plan = quick("task=temporal_order")
    return dataset(plan, [without_cure(row) for cohort in plan.cohorts for row in outcome_of(cohort)])


def without_cure(row: Result) -> Result:
    return judge_failed(row.trial, REASON) if row.trial.condition.mitigation == FAILED_CURE else row


def one_condition() -> Benchmark:
    plan = quick("task=temporal_order,lag=10,model=lstm,mitigation=none")
    return dataset(plan, results(plan.cohorts[0], metric=1.0))


def nothing_solved() -> Benchmark:
    plan = quick("task=temporal_order,model=rnn|lstm")
    return dataset(plan, [row for cohort in plan.cohorts for row in results(cohort, metric=0.4)])


def all_failed() -> Benchmark:
    plan = quick("task=temporal_order,lag=10")
    return dataset(plan, [row for cohort in plan.cohorts for row in failed(cohort)])


def nothing_run() -> Benchmark:
    return dataset(quick("task=temporal_order"), [])


def controls_only() -> Benchmark:
    plan = quick("task=temporal_order,model=feedforward")
    return dataset(plan, [row for cohort in plan.cohorts for row in results(cohort, metric=0.25, loss=cohort.task.baseline_loss)])


def recorded() -> Benchmark:
    """The gym log that ships, at a lag of 0 and another: solved at the first by a GRU alone."""
    profile = load("quick")
    entries = [TaskEntry(name="table", lags=[0, 7])]
    plan = select(make_plan(profile.model_copy(update={"task": entries})), "mitigation=none|gradient_clipping|rmsprop")
    metrics = {("gru", 0): 1.0, ("rnn", 0): 0.9}
    return dataset(plan, [row for cohort in plan.cohorts for row in results(cohort, metric=metrics.get((cohort.model, cohort.task.lag), 0.3))])


KINDS = {make.__name__: make for make in (complete, half_run, failed_cure, one_condition, nothing_solved, all_failed, nothing_run, controls_only, recorded)}
