"""The protocol: every condition searches for its learning rate on tuning seeds, then is trained anew at the chosen one on evaluation seeds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from unvanish.suite.diagnosis import judge
from unvanish.suite.execution.checkpoints.checkpoint import Checkpoint, Checkpointer, EndedWave, keys_of
from unvanish.suite.experiment.copies import Copies, key_of
from unvanish.suite.experiment.plan import Cohort, Condition
from unvanish.suite.experiment.trial import Result, TrainedTrial, Trial, evaluation_trials, tuning_trials
from unvanish.suite.experiment.trial_arrays import from_arrays, to_arrays
from unvanish.suite.experiment.tuning import TriedRate, search
from unvanish.suite.probes.measurement.program import probe_program, probe_steps
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import program_size
from unvanish.suite.training.wave import Wave


class OnBlock(Protocol):
    """Is told the trial-steps of a block that was trained, and the number of trials that are known to be trained so far."""

    def __call__(self, trial_steps: int, trials: int) -> None: ...


class OnWarning(Protocol):
    """Is told why a probe gives no figures."""

    def __call__(self, probe: str, reason: str) -> None: ...


def run_cohort(
    cohort: Cohort,
    on_block: OnBlock = lambda trial_steps, trials: None,
    on_warning: OnWarning = lambda probe, reason: None,
    checkpointer: Checkpointer | None = None,
) -> tuple[list[Result], dict[str, float]]:
    """Tune and evaluate every condition of a cohort; all trials that can be trained together are. Results, and seconds by part.

    A rate is data of the compiled programs, so a grid that grows costs no new one. With a checkpointer it goes on from the checkpoint of this cohort, if
    there is one, to the results that it would have had, and takes others.
    """
    run = CohortRun(cohort, on_block, checkpointer)
    checkpoint = checkpointer.find(cohort) if checkpointer else None
    if checkpointer and checkpoint:
        try:
            run.restore(checkpoint)
        except Exception as error:  # whatever does not fit: what is written in it was checked, but not by this code
            checkpointer.refuse(cohort, error)
            run = CohortRun(cohort, on_block, checkpointer)
        else:
            run.report(checkpoint.trial_steps)
    results = run.results()
    for probe, reason in run.trainer.probe_runner.failures.items():
        on_warning(probe, reason)
    return results


class CohortRun:
    """The trials of a cohort that are still wanted, and the results that there are.

    Trials are trained in waves, of those that start together. A trial that may turn out to be a copy of another waits for that one, and
    evaluation trials wait until a wave of tuning trials has room for them, or no tuning is left: a program holds a fixed number of trials, so
    the few rates of a late round of a search would otherwise train beside copies that are discarded.
    """

    def __init__(self, cohort: Cohort, on_block: OnBlock, checkpointer: Checkpointer | None = None) -> None:
        self.cohort, self.on_block, self.checkpointer = cohort, on_block, checkpointer
        self.searches = {condition.mitigation: RateSearch(condition) for condition in cohort.conditions}
        self.copies = Copies(cohort.conditions)
        self.wanted = [trial for search in self.searches.values() for trial in search.next_trials]
        self.ended: list[list[TrainedTrial]] = []  # by wave, without copies
        self.finished: list[Result] = []
        self.known = cohort.trials
        self.trial_steps = 0  # that were reported
        self.seconds_before = Counter[str]()  # by part, of what a checkpoint held
        self.restored: Wave | None = None
        size = program_size(cohort)
        probe_at = probe_steps(cohort.budget.steps, cohort.budget.evaluate_every)
        self.trainer = CohortTrainer(cohort.task, cohort.model, cohort.budget, size, cohort.planned, probe_program, probe_at, cohort.max_length)

    def results(self) -> tuple[list[Result], dict[str, float]]:
        """Train until every condition has its evaluation trials; results by condition, and seconds by part."""
        while self.wanted:
            wave = self.restored or Wave(self.trainer, self.next_wave())
            self.restored = None
            trained = wave.train(partial(self.after_block, wave))
            if copies := self.end_wave(trained):
                self.report(copies * self.cohort.budget.steps)
        self.finished.sort(key=lambda result: self.order(result.trial))
        return self.finished, dict(self.seconds())

    def seconds(self) -> Counter[str]:
        """Return the seconds by part so far."""
        seconds = Counter(self.seconds_before)
        seconds.update(self.trainer.stopwatch.seconds(compiled=frozenset({"training", "evaluation", "probes"})))
        return seconds

    def report(self, trial_steps: int) -> None:
        """Report that so many trial-steps more are done."""
        self.trial_steps += trial_steps
        self.on_block(trial_steps, trials=self.known)

    def after_block(self, wave: Wave, trial_steps: int) -> None:
        """Report a block of a wave, and take a checkpoint if it is time for one."""
        self.report(trial_steps)
        if self.checkpointer:
            self.checkpointer.after_block(self.cohort, partial(self.checkpoint, wave))

    def checkpoint(self, wave: Wave) -> Checkpoint:
        """Return how far the training is."""
        return Checkpoint(
            ended=[EndedWave(keys_of([each.trial for each in trained]), to_arrays(trained)) for trained in self.ended],
            keys=keys_of(wave.trials),
            wave=wave.snapshot(),
            trial_steps=self.trial_steps,
            seconds=self.seconds(),
            failures=self.trainer.probe_runner.failures,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of this cohort instead of from the beginning; raises `ValueError` and others where it does not fit."""
        for stored in checkpoint.ended:
            self.end_wave(from_arrays(self.same_wave(stored.keys), stored.arrays))
        wave = Wave(self.trainer, self.same_wave(checkpoint.keys))
        wave.restore(checkpoint.wave)
        self.restored = wave
        self.seconds_before.update(checkpoint.seconds)
        self.trainer.probe_runner.failures.update(checkpoint.failures)

    def same_wave(self, keys: Sequence[Sequence[Any]]) -> list[Trial]:
        """Return the trials to train next; raises `ValueError` where they are not those with these keys."""
        wave = self.next_wave()
        if keys_of(wave) != [list(key) for key in keys]:
            raise ValueError("its trials are not those that are trained")
        return wave

    def end_wave(self, trained: list[TrainedTrial]) -> int:
        """Add the trials of a wave, then those that are copies of some; return the number of copies."""
        self.ended.append(trained)
        self.add(trained)
        copied = 0
        while copies := [copy for trial in self.wanted if (copy := self.copies.copy(trial))]:
            self.add(copies)
            copied += len(copies)
        return copied

    def order(self, trial: Trial) -> tuple[int, bool, float, int]:
        """Return the key by which results are sorted: by condition, phase, rate and seed, in the order of the plan."""
        budget = self.cohort.budget
        seeds = budget.evaluation_seeds if trial.phase == "evaluate" else budget.tuning_seeds
        return list(self.searches).index(trial.condition.mitigation), trial.phase == "evaluate", trial.learning_rate, seeds.index(trial.seed)

    def next_wave(self) -> list[Trial]:
        """Return the trials to train next."""
        ready = self.copies.ready(self.wanted)
        tuning, evaluation = ([trial for trial in ready if trial.phase == phase] for phase in ("tune", "evaluate"))
        if not tuning:
            return evaluation
        room = -len(tuning) % self.trainer.size.trials
        return [*tuning, *sorted(evaluation, key=lambda trial: trial.seed)[:room]]  # few seeds, so that few sequences are drawn

    def add(self, trained: Sequence[TrainedTrial]) -> None:
        """Add trials that were trained or copied, and want those that the searches need next in their place."""
        results = [judge(each) for each in trained]
        ended = {key_of(each.trial) for each in trained}
        self.wanted = [trial for trial in self.wanted if key_of(trial) not in ended]
        self.finished += results
        for each in trained:
            self.copies.add(each)
        tuned = defaultdict(list)
        for result in results:
            if result.trial.phase == "tune":
                tuned[result.trial.condition.mitigation].append(result)
        for mitigation, found in tuned.items():
            search = self.searches[mitigation]
            further = search.add(found)
            self.known += len(search.next_trials) if further and further[0].phase == "tune" else 0
            self.wanted += further


class RateSearch:
    """The search of one condition for its learning rate; `next_trials` are those that it needs next, none once it has ended."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.tried: list[TriedRate] = []
        self.next_trials = tuning_trials(condition, condition.rates.first)
        self.results: list[Result] = []  # of some of these

    def add(self, results: Sequence[Result]) -> list[Trial]:
        """Add results of `next_trials`, and return what is to be trained next once all of them are there: tuning trials, or those of the evaluation."""
        self.results += results
        if len(self.results) < len(self.next_trials):
            return []
        for rate in sorted({result.trial.learning_rate for result in self.results}):
            # in the order of the seeds, in which they may not have come: a sum of losses depends on it
            of_rate = [result for result in self.results if result.trial.learning_rate == rate]
            self.tried.append(tried_rate(rate, sorted(of_rate, key=lambda result: self.condition.budget.tuning_seeds.index(result.trial.seed))))
        self.tried.sort(key=lambda tried: tried.rate)
        state = search(self.condition.rates, self.tried, self.condition.task.baseline_loss)
        self.next_trials, self.results = tuning_trials(self.condition, state.further), []
        return self.next_trials or evaluation_trials(self.condition, state.best.rate)


def tried_rate(rate: float, results: Sequence[Result]) -> TriedRate:
    """Sum up the tuning trials of a condition at one rate."""
    losses = [result.trained.loss if result.trained else float("nan") for result in results]
    return TriedRate(rate, tuple(result.diagnosis.outcome for result in results), tuple(losses))
