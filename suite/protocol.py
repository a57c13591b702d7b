"""The protocol: rates are chosen on tuning seeds by validation loss, then trials are trained anew on evaluation seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from suite.diagnosis import judge
from suite.models import MODELS
from suite.plan import Cohort, Condition
from suite.training.cohort import CohortTrainer
from suite.training.width import width_for
from suite.trial import Result, TrainedTrial, evaluation_trials, tuning_trials


def run_cohort(cohort: Cohort, on_block: Callable[[int], None] = lambda trial_steps: None) -> tuple[list[Result], dict[str, float]]:
    """Tunes and evaluates every condition of a cohort; all trials of a phase are trained together. Results, and seconds by part."""
    tuning = [trial for condition in cohort.conditions for trial in tuning_trials(condition)]
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, condition.learning_rates[0])]
    width = width_for(cohort.task, MODELS[cohort.model], cohort.budget, tuning, evaluation)
    trainer = CohortTrainer(cohort.task, cohort.model, cohort.budget, width)
    tuned = trainer.train(tuning, on_block)
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, best_learning_rate(condition, tuned))]
    results = [judge(trained) for trained in [*tuned, *trainer.train(evaluation, on_block)]]
    return results, trainer.stopwatch.seconds(compiled=frozenset({"training", "evaluation", "probes"}))


def best_learning_rate(condition: Condition, outcomes: Sequence[TrainedTrial]) -> float:
    """The rate with the lowest validation loss at the end, mean over the tuning seeds; of equals, the smallest.

    A rate at which any tuning trial diverged counts as infinitely bad.
    """

    def mean_loss(rate: float) -> float:
        losses = [outcome.loss for outcome in outcomes if outcome.trial.condition == condition and outcome.trial.learning_rate == rate]
        return float(np.mean(losses)) if np.isfinite(losses).all() else np.inf

    return min(sorted(condition.learning_rates), key=mean_loss)
