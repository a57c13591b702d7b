"""Trials that train side by side from their first step to their last, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from unvanish.suite.experiment.plan import sizes_of, time_steps_of
from unvanish.suite.experiment.trial import TrainedTrial, Trial
from unvanish.suite.training.program_size import distinct_seeds
from unvanish.suite.training.programs import TrainState
from unvanish.suite.training.record import WaveRecord, copy_equal
from unvanish.suite.training.settings import Settings, settings_of_trials

if TYPE_CHECKING:
    from unvanish.suite.training.cohort import CohortTrainer


@dataclass(frozen=True)
class WaveSnapshot:
    """A wave between two blocks, from which another wave of the same trials goes on.

    blocks  the number of blocks that were trained
    arrays  the state and the record of the trials, by name
    """

    blocks: int
    arrays: Mapping[str, NDArray[Any]]


class Wave:
    """Trials that start together: their state and record, as NumPy arrays with an element a trial. A place is the index of a trial.

    blocks    the number of blocks that were trained
    training  the places of the trials that are trained further
    measured  those of the trials that are measured next: also those that have diverged since the last time
    """

    def __init__(self, trainer: CohortTrainer, trials: Sequence[Trial]) -> None:
        self.trainer, self.trials = trainer, trials
        self.seeds = distinct_seeds(trials)
        settings = settings_of_trials(trials, trainer.programs.hooks.mitigations)
        self.settings: Settings = to_numpy(settings)
        self.state: TrainState = to_numpy(self.initial_state(settings))
        self.record = WaveRecord.allocate(trainer.budget, trainer.probe_at, len(trials))
        time_steps = time_steps_of(trainer.task, trainer.model)
        self.backward_steps = [min(trial.condition.mitigations.backward_steps(trainer.task), time_steps) for trial in trials]
        self.blocks = 0
        # trials that need the same part of the backward pass share a program, and so do those of one seed, which share its sequences
        self.training = sorted(range(len(trials)), key=lambda place: (self.chunk(place), self.backward_steps[place], trials[place].seed))
        self.measured = self.training

    def initial_state(self, settings: Settings) -> TrainState:
        """Return the state before the first step."""
        trainer, lag = self.trainer, self.trainer.task.lag
        sizes = sizes_of(trainer.task, trainer.budget)
        weights = [trial.condition.mitigations.initial_weights(trainer.model, sizes, trial.seed, lag) for trial in self.trials]
        non_trainable = [trainer.model.initial_non_trainable(sizes, trial.seed) for trial in self.trials]
        return trainer.programs.initial_state(stack_trials(weights), stack_trials(non_trainable), settings, trainer.length)

    def train(self, on_block: Callable[[int], None]) -> list[TrainedTrial]:
        """Train all trials to the end of their budget."""
        steps, every = self.trainer.budget.steps, self.trainer.budget.evaluate_every
        if 0 in self.trainer.probe_at and self.blocks == 0:
            self.measure(0, self.training)
        for block in range(self.blocks, steps // every):
            step, trained = (block + 1) * every, self.training
            self.train_block(block, trained)
            finite = [place for place in trained if not self.state.diverged_at[place]]
            if step in self.trainer.probe_at:
                self.measure(step, self.measured)
                self.measured = finite
            self.blocks, self.training = block + 1, finite
            on_block(len(trained) * every + (len(trained) - len(finite)) * (steps - step))
        self.evaluate_test_set([place for place in self.training if self.trials[place].phase == "evaluate"])
        return [self.trained_trial(place) for place in range(len(self.trials))]

    def snapshot(self) -> WaveSnapshot:
        """Return where the wave stands, after a block: its arrays are those that the next block changes."""
        state = {f"state.{index}": values for index, values in enumerate(tf.nest.flatten(self.state))}
        record = {f"record.{name}": values for name, values in self.record.arrays().items()}
        return WaveSnapshot(self.blocks, state | record)

    def restore(self, snapshot: WaveSnapshot) -> None:
        """Go on from a snapshot instead of from the first step; raises `ValueError` where it is not of a wave of such trials."""
        arrays = dict(snapshot.arrays)
        for index, values in enumerate(tf.nest.flatten(self.state)):
            copy_equal(arrays.pop(f"state.{index}", None), values)
        self.record.restore({name.removeprefix("record."): values for name, values in arrays.items()})
        self.blocks = snapshot.blocks
        # what has diverged is measured once more, to the same figures, since its state has not changed
        self.training = [place for place in self.training if not self.state.diverged_at[place]]

    def train_block(self, block: int, places: Sequence[int]) -> None:
        """Train the trials at these places for one block, and evaluate them on the validation set."""
        trainer = self.trainer
        with self.shared_time(places), trainer.stopwatch.timed("drawing"):
            drawn = {seed: trainer.draw(seed, block) for seed in distinct_seeds([self.trials[place] for place in places])}

            @lru_cache(maxsize=1)  # groups of the same seeds follow each other
            def sequences(chunk: int) -> tuple[tf.Tensor, tf.Tensor]:
                return trainer.stack_seeds([drawn.get(seed) for seed in self.seeds_of(chunk)])

        for group in self.groups(places):
            with self.shared_time(group):
                with trainer.stopwatch.timed("drawing"):
                    inputs, targets = sequences(self.chunk(group[0]))
                settings, state = self.settings_of(group), self.state_of(group)
                first_step = tf.constant(block * trainer.budget.evaluate_every + 1)
                backward_steps = tf.constant(max(self.backward_steps[place] for place in group))
                with trainer.stopwatch.timed("training"):
                    state, metrics = trainer.programs.train(state, settings, inputs, targets, trainer.length, first_step, backward_steps)
                    metrics = to_numpy(metrics)
                self.record.add_block(block, group, metrics, trainer.evaluate(state, settings, [trainer.validation_set]))
                self.keep_state(group, state)

    def chunk(self, place: int) -> int:
        """Return which of the chunks of seeds that a program has room for the seed of a trial is in."""
        return self.seeds.index(self.trials[place].seed) // self.trainer.size.seeds

    def seeds_of(self, chunk: int) -> list[int]:
        """Return the seeds of a chunk."""
        return self.seeds[chunk * self.trainer.size.seeds :][: self.trainer.size.seeds]

    def groups(self, places: Sequence[int]) -> Iterator[list[int]]:
        """Split places into groups that a program has room for, of one chunk of seeds each, in their order."""
        size, group = self.trainer.size, list[int]()
        for place in places:
            if len(group) == size.trials or (group and self.chunk(place) != self.chunk(group[0])):
                yield group
                group = []
            group.append(place)
        if group:
            yield group

    def slots(self, group: Sequence[int]) -> NDArray[np.intp]:
        """The places of the trials of a program; slots that are left are copies of the first trial, whose results are discarded."""
        return np.array([*group, *[group[0]] * (self.trainer.size.trials - len(group))])

    def settings_of(self, group: Sequence[int]) -> Settings:
        """The settings of a group for a program that is given the sequences of its chunk of seeds."""
        slots, seeds = self.slots(group), self.seeds_of(self.chunk(group[0]))
        settings: Settings = tf.nest.map_structure(lambda values: tf.constant(values[slots]), self.settings)
        return settings._replace(sequence_index=tf.constant([seeds.index(self.trials[place].seed) for place in slots], tf.int32))

    def state_of(self, group: Sequence[int]) -> TrainState:
        """The state of a group."""
        slots = self.slots(group)
        return tf.nest.map_structure(lambda values: tf.constant(values[slots]), self.state)

    def keep_state(self, group: list[int], state: TrainState) -> None:
        """Keep the state of a group after a block."""

        def keep(kept: NDArray[Any], new: tf.Tensor) -> None:
            kept[group] = new.numpy()[: len(group)]

        tf.nest.map_structure(keep, self.state, state)

    def measure(self, step: int, places: Sequence[int]) -> None:
        """Measure all probes of the trials at these places after a step."""
        trainer = self.trainer
        for group in self.groups(places):
            with self.shared_time(group), trainer.stopwatch.timed("probes"):
                state = self.state_of(group)
                weights = trainer.programs.packing.unpack(state.weights)
                values = trainer.probe_runner.measure(weights, state.non_trainable, self.settings_of(group), *trainer.probe_set, trainer.length)
            self.record.add_probes(step, group, values)

    def evaluate_test_set(self, places: Sequence[int]) -> None:
        """Evaluate the trials at these places on the test set."""
        if not places:
            return
        with self.trainer.stopwatch.timed("drawing"):
            parts = self.trainer.test_parts()
        for group in self.groups(places):
            with self.shared_time(group):
                end = self.trainer.evaluate(self.state_of(group), self.settings_of(group), parts)
            for recorded, values in zip(self.record.test, end, strict=True):
                recorded[group] = values[: len(group)]

    @contextmanager
    def shared_time(self, places: Sequence[int]) -> Iterator[None]:
        """Add the time of the body of a `with` statement to that of the trials at these places, in equal parts."""
        start = perf_counter()
        yield
        self.record.seconds[list(places)] += (perf_counter() - start) / max(len(places), 1)

    def trained_trial(self, place: int) -> TrainedTrial:
        """Return the trial at a place."""
        trainer, trial = self.trainer, self.trials[place]
        weights = {name: variable.numpy()[0] for name, variable in trainer.programs.packing.unpack(tf.constant(self.state.weights[place : place + 1])).items()}
        weights |= {name: variable[place].copy() for name, variable in self.state.non_trainable.items()}
        parameters = trainer.model.parameters(sizes_of(trainer.task, trainer.budget))
        return self.record.trained_trial(trial, place, trainer.task, parameters, int(self.state.diverged_at[place]) or None, weights)


def stack_trials(trials: Sequence[dict[str, NDArray[Any]]]) -> dict[str, tf.Tensor]:
    """Stack the arrays of trials, [...] each, to tensors [trial, ...]."""
    return {name: tf.constant(np.stack([trial[name] for trial in trials])) for name in trials[0]}


def to_numpy(tensors: Any) -> Any:
    """Return a structure of tensors as one of arrays that can be written to."""
    return tf.nest.map_structure(np.array, tensors)
