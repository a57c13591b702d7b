"""The settings of a cohort's trials as data, so that one compiled program trains all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from unvanish.suite.experiment.trial import Trial
from unvanish.suite.mitigations import Combination, Mitigation

Tensors = dict[str, tf.Tensor]


class Use(NamedTuple):
    """Which trials use a mitigation, bool [E], and its parameters by name, [E] each."""

    on: tf.Tensor
    parameters: Tensors


class Settings(NamedTuple):
    """[E] each.

    sequence    which of the seeds' sequences the trial sees
    uses        by the name of each mitigation that the program holds
    """

    learning_rate: tf.Tensor
    seed: tf.Tensor
    sequence: tf.Tensor
    uses: dict[str, Use]

    def all_see_the_same(self) -> Settings:
        """These settings where all trials are shown the first sequences."""
        return self._replace(sequence=tf.zeros_like(self.sequence))


def settings_of(trials: Sequence[Trial], mitigations: Sequence[type[Mitigation]], seeds: Sequence[int]) -> Settings:
    """The settings of trials for a program that holds these mitigations and is given the sequences of these seeds."""
    return as_settings(
        [trial.condition.mitigations for trial in trials],
        mitigations,
        learning_rates=[trial.learning_rate for trial in trials],
        seeds=[trial.seed for trial in trials],
        sequence=[seeds.index(trial.seed) for trial in trials],
    )


def as_settings(
    combinations: Sequence[Combination],
    mitigations: Sequence[type[Mitigation]],
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    sequence: Sequence[int],
) -> Settings:
    """One of each for every trial."""
    return Settings(
        learning_rate=tf.constant(learning_rates, tf.float32),
        seed=tf.constant(seeds, tf.int32),
        sequence=tf.constant(sequence, tf.int32),
        uses={mitigation.name: use_of(mitigation, combinations) for mitigation in mitigations},
    )


def use_of(mitigation: type[Mitigation], combinations: Sequence[Combination]) -> Use:
    """Of trials that do not use the mitigation the parameters are 1, and what it computes from them is dropped."""
    of_trials = [next((part.parameters for part in combination.parts if part.name == mitigation.name), None) for combination in combinations]
    on = tf.constant([parameters is not None for parameters in of_trials])
    return Use(on, {name: tf.constant([(parameters or {}).get(name, 1) for parameters in of_trials], tf.float32) for name in mitigation.model_fields})
