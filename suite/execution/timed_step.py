"""A few training steps of one condition in a program of its own, to be timed: the programs of a cohort compute the mitigations of all its conditions."""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from unvanish.suite.experiment.plan import Condition, time_steps_of
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.models import MODELS
from unvanish.suite.probes.measurement.program import probe_program
from unvanish.suite.training.cohort import CohortTrainer
from unvanish.suite.training.program_size import ProgramSize
from unvanish.suite.training.wave import Wave

TIME_STEPS = 150  # of all training steps of a call together: some milliseconds of small networks
MIN_STEPS, MAX_STEPS = 2, 20


class TimedStep:
    """Trains equal trials of a condition for `steps` steps from their first weights, again at each call; calls do the same work.

    `trial_steps` is the number of training steps of a call, over its trials. The first call compiles the program.
    """

    def __init__(self, condition: Condition, trials: int) -> None:
        time_steps = time_steps_of(condition.task, MODELS[condition.model])
        self.steps = min(max(TIME_STEPS // time_steps, MIN_STEPS), MAX_STEPS)
        self.trial_steps = self.steps * trials
        budget = replace(condition.budget, steps=self.steps, evaluate_every=self.steps, validation_sequences=1, probe_sequences=1)
        trainer = CohortTrainer(condition.task, condition.model, budget, ProgramSize(trials, 1), [condition.mitigations], probe_program, ())
        trial = Trial(replace(condition, budget=budget), "tune", condition.rates.first[0], budget.tuning_seeds[0])
        wave = Wave(trainer, [trial] * trials)
        group = range(trials)
        sequences = trainer.stack_seeds([trainer.draw(trial.seed, 0)])
        self.program = trainer.programs.train
        self.arguments = (wave.state_of(group), wave.settings_of(group), *sequences, trainer.length, tf.constant(1), tf.constant(wave.backward_steps[0]))

    def __call__(self) -> None:
        """Train, and wait until it is done."""
        _, metrics = self.program(*self.arguments)
        metrics.loss.numpy()
