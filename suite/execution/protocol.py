"""The protocol: rates are chosen on tuning seeds by validation loss, then trials are trained anew on evaluation seeds."""

from __future__ import annotations

from collections.abc import Callable

from unvanish.suite.diagnosis import judge
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.experiment.trial import Result, evaluation_trials, tuning_trials
from unvanish.suite.experiment.tuning import best_learning_rate
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import ProbeProgram, probe_steps
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import program_size_for


def run_cohort(cohort: Cohort, on_block: Callable[[int], None] = lambda trial_steps: None) -> tuple[list[Result], dict[str, float]]:
    """Tunes and evaluates every condition of a cohort; all trials of a phase are trained together. Results, and seconds by part."""
    tuning = [trial for condition in cohort.conditions for trial in tuning_trials(condition)]
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, condition.learning_rates[0])]
    size = program_size_for(cohort.task, MODELS[cohort.model], cohort.budget, tuning, evaluation)
    probe_at = probe_steps(cohort.budget.steps, cohort.budget.evaluate_every)
    trainer = CohortTrainer(cohort.task, cohort.model, cohort.budget, size, cohort.planned, ProbeProgram, probe_at)
    tuned = trainer.train(tuning, on_block)
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, best_learning_rate(condition, tuned))]
    results = [judge(trained) for trained in [*tuned, *trainer.train(evaluation, on_block)]]
    return results, trainer.stopwatch.seconds(compiled=frozenset({"training", "evaluation", "probes"}))
