"""The protocol: every condition searches for its learning rate on tuning seeds, then is trained anew at the chosen one on evaluation seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from unvanish.suite.diagnosis import judge
from unvanish.suite.experiment.plan import Cohort, Condition
from unvanish.suite.experiment.trial import Result, Trial, evaluation_trials, tuning_trials
from unvanish.suite.experiment.tuning import TriedRate, search
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import ProbeProgram, probe_steps
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize, program_size_for


class OnBlock(Protocol):
    """Is told the trial-steps of a block that was trained, and the number of trials that are known to be trained so far."""

    def __call__(self, trial_steps: int, trials: int) -> None: ...


def run_cohort(cohort: Cohort, on_block: OnBlock = lambda trial_steps, trials: None) -> tuple[list[Result], dict[str, float]]:
    """Tune and evaluate every condition of a cohort; all trials that can be trained together are. Results, and seconds by part.

    A rate is data of the compiled programs, so a grid that grows costs no new one.
    """
    searches = [RateSearch(condition) for condition in cohort.conditions]
    first = [trial for each in searches for trial in each.next_trials]
    evaluation = [trial for condition in cohort.conditions for trial in evaluation_trials(condition, condition.rates.first[0])]
    size = program_size_for(cohort.task, MODELS[cohort.model], cohort.budget, first, evaluation)
    # a later round may be one rate of one condition, whose trials all have different seeds; more seeds than a program was made for compile another
    size = replace(size, seeds=max(size.seeds, min(size.trials, len(cohort.budget.tuning_seeds))))
    probe_at = probe_steps(cohort.budget.steps, cohort.budget.evaluate_every)
    trainer = CohortTrainer(cohort.task, cohort.model, cohort.budget, size, cohort.planned, ProbeProgram, probe_at)
    results: list[Result] = []
    waiting: list[Trial] = []  # evaluation trials of conditions whose search has ended
    known = len(first) + len(evaluation)
    while tuning := [trial for each in searches for trial in each.next_trials]:
        together, waiting = filled_up(tuning, waiting, size)
        trained = [judge(each) for each in trainer.train(together, partial(on_block, trials=known))]
        results += trained
        for each in searches:
            waiting += each.add([result for result in trained if result.trial.phase == "tune" and result.trial.condition == each.condition])
        known += sum(len(each.next_trials) for each in searches)
    results += [judge(each) for each in trainer.train(waiting, partial(on_block, trials=known))]
    place = {condition.fingerprint: index for index, condition in enumerate(cohort.conditions)}
    results.sort(key=lambda result: (place[result.trial.condition.fingerprint], result.trial.phase == "evaluate", result.trial.learning_rate))
    return results, trainer.stopwatch.seconds(compiled=frozenset({"training", "evaluation", "probes"}))


class RateSearch:
    """The search of one condition for its learning rate; `next_trials` are those that it needs next, none once it has ended."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.tried: list[TriedRate] = []
        self.next_trials = tuning_trials(condition, condition.rates.first)

    def add(self, results: Sequence[Result]) -> list[Trial]:
        """Add the results of `next_trials`, and return the evaluation trials where the search has ended with them; no result leaves it as it is."""
        if not results:
            return []
        for rate in sorted({result.trial.learning_rate for result in results}):
            self.tried.append(tried_rate(rate, [result for result in results if result.trial.learning_rate == rate]))
        self.tried.sort(key=lambda tried: tried.rate)
        state = search(self.condition.rates, self.tried, self.condition.task.baseline_loss)
        self.next_trials = tuning_trials(self.condition, state.further)
        return [] if self.next_trials else evaluation_trials(self.condition, state.best.rate)


def tried_rate(rate: float, results: Sequence[Result]) -> TriedRate:
    """Sum up the tuning trials of a condition at one rate."""
    losses = [result.trained.loss if result.trained else float("nan") for result in results]
    return TriedRate(rate, tuple(result.diagnosis.outcome for result in results), tuple(losses))


def filled_up(tuning: Sequence[Trial], waiting: Sequence[Trial], size: ProgramSize) -> tuple[list[Trial], list[Trial]]:
    """Tuning trials with as many of the waiting ones as the last run of their program has room for, and what is left of those.

    The programs hold a fixed number of trials, so the few rates of a round of a search would otherwise train beside copies that are discarded.
    """
    by_seed = sorted(waiting, key=lambda trial: trial.seed)  # few seeds, so that few sequences are drawn
    room = -len(tuning) % size.trials
    seeds = {trial.seed for trial in tuning}
    taken: list[Trial] = []
    for trial in by_seed[:room]:
        seeds.add(trial.seed)
        if len(seeds) > size.seeds:
            break
        taken.append(trial)
    return [*tuning, *taken], by_seed[len(taken) :]
