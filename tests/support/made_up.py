"""Trials made up for tests of whatever judges, stores or shows them, without any training."""

import numpy as np

from unvanish.suite.diagnosis import judge
from unvanish.suite.execution.cohorts import failed_results
from unvanish.suite.experiment.plan import Cohort, Plan, make_plan
from unvanish.suite.experiment.profile import load
from unvanish.suite.experiment.trial import Curve, Probes, Result, TrainedTrial, Trial, evaluation_trials, tuning_trials


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
    trials = [trial for condition in cohort.conditions for trial in [*tuning_trials(condition), *evaluation_trials(condition, condition.learning_rates[0])]]
    return [judge(trained(trial, **figures)) for trial in trials]


def failed(cohort: Cohort) -> list[Result]:
    return failed_results(cohort, "made up")


def smoke() -> Plan:
    return make_plan(load("smoke"))
