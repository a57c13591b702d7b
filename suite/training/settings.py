"""The settings of a cohort's trials as tensors, so that one compiled program trains all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import Combination, Mitigation, StepContext

Tensors = dict[str, tf.Tensor]


class MitigationUse(NamedTuple):
    """The trials that use a mitigation, bool [E], and its parameters by name, [E] each."""

    active: tf.Tensor
    params: Tensors


class Settings(NamedTuple):
    """The settings of all trials, [E] each.

    sequence_index  the index of the trial's seed among the seeds whose sequences a program is given
    lag             the lag of its task
    steps           the number of training steps, the same for all trials of a program
    uses            by the name of each mitigation that the program contains
    """

    learning_rate: tf.Tensor
    seed: tf.Tensor
    sequence_index: tf.Tensor
    lag: tf.Tensor
    steps: tf.Tensor
    uses: dict[str, MitigationUse]

    def with_shared_sequences(self) -> Settings:
        """Return these settings for a program that is given one set of sequences for all trials."""
        return self._replace(sequence_index=tf.zeros_like(self.sequence_index))

    def with_own_sequences(self) -> Settings:
        """Return these settings for a network that is given sequences of its own for each trial."""
        return self._replace(sequence_index=tf.range(self.sequence_index.shape[0]))

    def training_context(self, step: tf.Tensor, length: tf.Tensor) -> StepContext:
        """Return the context of a training step over sequences of `length` time steps."""
        return StepContext(step, self.steps[0], self.lag, length, self.seed, training=True)

    def evaluation_context(self, length: tf.Tensor) -> StepContext:
        """Return the context of an evaluation, or of probes, on sequences of `length` time steps."""
        return StepContext(self.steps[0], self.steps[0], self.lag, length, self.seed, training=False)


def settings_of_trials(trials: Sequence[Trial], mitigations: Sequence[type[Mitigation]]) -> Settings:
    """Return the settings of trials for a program with these mitigations that is given one set of sequences for all trials."""
    return make_settings(
        [trial.condition.mitigations for trial in trials],
        mitigations,
        learning_rates=[trial.learning_rate for trial in trials],
        seeds=[trial.seed for trial in trials],
        sequence_indices=[0] * len(trials),
        lags=[trial.condition.lag for trial in trials],
        steps=trials[0].condition.budget.steps,
    )


def make_settings(
    combinations: Sequence[Combination],
    mitigations: Sequence[type[Mitigation]],
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    sequence_indices: Sequence[int],
    lags: Sequence[int],
    steps: int,
) -> Settings:
    """Return the settings of trials with these combinations, for a program with these mitigations; the other lists have one element a trial too."""
    return Settings(
        learning_rate=tf.constant(learning_rates, tf.float32),
        seed=tf.constant(seeds, tf.int32),
        sequence_index=tf.constant(sequence_indices, tf.int32),
        lag=tf.constant(lags, tf.int32),
        steps=tf.fill([len(lags)], steps),
        uses={mitigation.name: mitigation_use(mitigation, combinations) for mitigation in mitigations},
    )


def mitigation_use(mitigation: type[Mitigation], combinations: Sequence[Combination]) -> MitigationUse:
    """Return which trials use a mitigation, and its parameters. For other trials these are 1, and the results are discarded."""
    params = [next((part.parameters for part in combination.parts if part.name == mitigation.name), None) for combination in combinations]
    active = tf.constant([given is not None for given in params])
    return MitigationUse(active, {name: tf.constant([(given or {}).get(name, 1) for given in params], tf.float32) for name in mitigation.model_fields})
