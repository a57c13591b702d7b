"""The settings of a cohort's trials as tensors, so that one compiled program trains all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import Combination, Mitigation

Tensors = dict[str, tf.Tensor]


class MitigationUse(NamedTuple):
    """The trials that use a mitigation, bool [E], and its parameters by name, [E] each."""

    active: tf.Tensor
    params: Tensors


class Settings(NamedTuple):
    """The settings of all trials, [E] each.

    sequence_index  the index of the trial's seed among the seeds whose sequences a program is given
    uses            by the name of each mitigation that the program contains
    """

    learning_rate: tf.Tensor
    seed: tf.Tensor
    sequence_index: tf.Tensor
    uses: dict[str, MitigationUse]

    def with_shared_sequences(self) -> Settings:
        """Return these settings for a program that is given one set of sequences for all trials."""
        return self._replace(sequence_index=tf.zeros_like(self.sequence_index))


def settings_of_trials(trials: Sequence[Trial], mitigations: Sequence[type[Mitigation]]) -> Settings:
    """Return the settings of trials for a program with these mitigations that is given one set of sequences for all trials."""
    return make_settings(
        [trial.condition.mitigations for trial in trials],
        mitigations,
        learning_rates=[trial.learning_rate for trial in trials],
        seeds=[trial.seed for trial in trials],
        sequence_indices=[0] * len(trials),
    )


def make_settings(
    combinations: Sequence[Combination],
    mitigations: Sequence[type[Mitigation]],
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    sequence_indices: Sequence[int],
) -> Settings:
    """Return the settings of trials with these combinations, for a program with these mitigations; the other lists have one element a trial too."""
    return Settings(
        learning_rate=tf.constant(learning_rates, tf.float32),
        seed=tf.constant(seeds, tf.int32),
        sequence_index=tf.constant(sequence_indices, tf.int32),
        uses={mitigation.name: mitigation_use(mitigation, combinations) for mitigation in mitigations},
    )


def mitigation_use(mitigation: type[Mitigation], combinations: Sequence[Combination]) -> MitigationUse:
    """Return which trials use a mitigation, and its parameters. For other trials these are 1, and the results are discarded."""
    params = [next((part.parameters for part in combination.parts if part.name == mitigation.name), None) for combination in combinations]
    active = tf.constant([given is not None for given in params])
    return MitigationUse(active, {name: tf.constant([(given or {}).get(name, 1) for given in params], tf.float32) for name in mitigation.model_fields})
