"""The comparison: a program trained as it is and with each proposed change, on the same batches, judged on the same held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.fixes import FIXES
from unvanish.suite.debugger.isolation import isolated
from unvanish.suite.debugger.judging import Judge, initial_reading, judge_of
from unvanish.suite.debugger.program import Change, Fix, NotPossible, Program, finite_rows
from unvanish.suite.debugger.rebuild import copy_of, first_sentence
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.tried_fixes import MAX_ERROR, Difference, Scores, TriedFix, TriedFixes, verdict

TIME_LIMIT = 120.0  # seconds
STEPS, MIN_STEPS = 300, 100  # of each training; fewer where time is short
TIMED_STEPS = 30  # from which the time of a training is told
SEEDS = 3  # orders of the batches
POINTS = 6  # at which held-out rows are predicted, the start included
HELD_OUT_SHARE, MAX_HELD_OUT = 0.25, 512
BATCH_SIZE = 32  # where that of the training is not known
MIN_SAMPLES = 40  # with fewer, ten are held out at most, which say nothing
Progress = Callable[[int, int, str], None]  # what is done, of how many, and what is next


class TimeOut(Exception):
    """The time limit was reached."""


@dataclass(frozen=True, eq=False)
class Start:
    """A user's program before its training: weights, optimizer and loss, of which nothing is changed."""

    model: keras.Model
    weights: list[np.ndarray] | None
    optimizer: dict[str, Any]
    data: Data
    batch_size: int


def start_of(model: keras.Model, data: Data, batch_size: int) -> Start:
    """Copy what a training is about to change."""
    weights = model.get_weights() if model.built else None
    return Start(model, weights, keras.optimizers.serialize(model.optimizer), data, batch_size)


def batch_size_of(steps_per_epoch: int | None, samples: int) -> int:
    """The batch size of a training, which a callback is not told, to the nearest power of two; 32 where the steps are not known."""
    return 2 ** round(np.log2(max(samples / steps_per_epoch, 1))) if steps_per_epoch else BATCH_SIZE


def try_fixes(
    start: Start, outputs: Sequence[Output], causes: Iterable[str], time_limit: float = TIME_LIMIT, seeds: int = SEEDS, progress: Progress | None = None
) -> TriedFixes:
    """Train a program as it is and with what its findings propose; the user's model, optimizer and random states stay as they are.

    outputs   what is known of the outputs and their targets, as in the setup of a record
    causes    the findings, the primary one first
    progress  called before each training
    """
    causes = list(causes)
    if not causes:
        return TriedFixes(note="Nothing was tried, since nothing wrong was found.")
    with isolated():
        try:
            return Trials(program_of(start, outputs), time_limit, seeds, progress).run(causes)
        except NotPossible as reason:
            return TriedFixes(note=f"Nothing was tried: {reason}.")
        except Exception as error:  # the user's training has ended well, and an error of what comes after it must not stop it
            return TriedFixes(note=f"Nothing was tried: {type(error).__name__}, {first_sentence(error)}.")


def program_of(start: Start, outputs: Sequence[Output]) -> Program:
    """The program at its start; raises `NotPossible`."""
    data = start.data
    if data.samples < MIN_SAMPLES:
        raise NotPossible(f"there are {data.samples} samples, too few to hold some out; give at least {MIN_SAMPLES}")
    if len(outputs) != len(keras.tree.flatten(data.y)):
        raise NotPossible("the model's outputs and the targets are not the same in number")
    fixed = next((tensor.shape[0] for tensor in getattr(start.model, "inputs", None) or [] if tensor.shape[0]), None)
    batch_size = fixed or min(start.batch_size, data.samples // 4)
    order = np.random.default_rng(0).permutation(data.samples)
    count = min(int(HELD_OUT_SHARE * data.samples), MAX_HELD_OUT)
    count = fixed or count
    good = finite_rows(data)[order]  # rows with NaN cannot be judged
    if good.sum() < max(count, MIN_SAMPLES // 4):
        raise NotPossible(f"{int(good.sum())} of {data.samples} samples are without NaN and infinity, too few to hold some out")
    held_out = np.sort(order[good][:count])
    training = np.setdiff1d(order, held_out)
    if len(training) < batch_size:
        raise NotPossible(f"there are {data.samples} samples and the model takes {batch_size} at once; give more")
    compiled = getattr(start.model, "_compile_loss", None)
    return Program(
        model=copy_of(start.model, data.take(slice(0, batch_size)).x, start.weights),
        optimizer=optimizer_of(start.optimizer),
        loss=getattr(start.model, "loss", None),
        loss_weights=getattr(compiled, "_user_loss_weights", None),
        data=data,
        training=training,
        held_out=held_out,
        readings=tuple(map(initial_reading, outputs)),
        batch_size=batch_size,
        steps=STEPS,
    )


def optimizer_of(config: dict[str, Any]) -> keras.optimizers.Optimizer:
    """A fresh optimizer of these settings; raises `NotPossible`."""
    try:
        return keras.optimizers.deserialize(config)
    except Exception as error:  # a class of the user's own
        raise NotPossible(f"the optimizer cannot be copied ({first_sentence(error)})") from None


class Trained:
    """A copy of a program that is trained once a seed, each time from the same weights."""

    def __init__(self, program: Program, judge: Judge, deadline: float) -> None:
        self.program, self.judge, self.deadline = program, judge, deadline
        fixed = program.data.take(slice(0, program.batch_size)).x
        self.model = copy_of(program.model, fixed)
        optimizer = optimizer_of(keras.optimizers.serialize(program.optimizer))
        weights = {"loss_weights": program.loss_weights} if program.loss_weights is not None else {}
        try:
            self.model.compile(optimizer=optimizer, loss=program.loss, **weights, jit_compile=False)
            optimizer.build(self.model.trainable_variables)
        except Exception as error:  # a class of the user's own may take something else
            raise NotPossible(f"the model cannot be compiled ({first_sentence(error)})") from None
        variables = [*self.model.variables, *optimizer.variables]
        self.before = [(variable, np.array(variable.value)) for variable in variables]
        # rows of the training data that are as many as those held out, so that both need one compiled program
        seen = program.training[np.linspace(0, len(program.training) - 1, len(program.held_out)).astype(int)]
        self.rows = {"held_out": program.held_out, "training": seen}
        self.runs: list[dict[str, Any]] = []

    def train(self, seed: int) -> None:
        """Train from the first weights with the batches of a seed; raises `NotPossible`, and `TimeOut` where there is no time left."""
        for variable, value in self.before:
            variable.assign(value)
        points = Points(self, np.unique(np.linspace(0, self.program.steps, POINTS).round().astype(int)))
        try:
            points.predict(0)
            self.model.fit(batches(self.program, seed), epochs=1, shuffle=False, verbose=0, callbacks=[points])
            if points.late:
                raise TimeOut
            self.runs.append({"curve": points.curve, "steps": points.steps} | self.final())
        except (TimeOut, KeyboardInterrupt):
            raise
        except Exception as error:  # whatever Keras, TensorFlow or the user's code raises: it says that this program cannot be trained
            raise NotPossible(first_sentence(error)) from None

    def final(self) -> dict[str, Any]:
        """The errors of rows at the end."""
        outputs = {name: self.outputs(rows) for name, rows in self.rows.items()}
        return {name: self.judge.relative_errors(self.program, outputs[name], rows) for name, rows in self.rows.items()} | {
            "balanced": self.judge.balanced_errors(self.program, outputs["held_out"], self.rows["held_out"])
        }

    def outputs(self, rows: np.ndarray) -> Any:
        """The outputs of the model for some rows, without dropout."""
        return self.model.predict_on_batch(self.program.data.take(rows).x)

    @property
    def scores(self) -> Scores:
        """The scores of all seeds so far."""
        parts = {name: np.array([run[name] for run in self.runs]) for name in ("curve", "held_out", "training", "balanced")}
        return Scores(steps=np.array(self.runs[0]["steps"]), **parts)


class Points(keras.callbacks.Callback):
    """The skill on the held-out rows at some steps; ends the training where there is no time left."""

    def __init__(self, trained: Trained, steps: np.ndarray) -> None:
        super().__init__()
        self.trained, self.steps, self.late = trained, steps, False
        self.curve: list[float] = []

    def predict(self, step: int) -> None:
        rows = self.trained.program.held_out
        self.curve.append(float(1 - self.trained.judge.relative_errors(self.trained.program, self.trained.outputs(rows), rows).mean()))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch + 1 in self.steps:
            self.predict(batch + 1)
        if perf_counter() > self.trained.deadline:
            self.late = self.model.stop_training = True


def batches(program: Program, seed: int) -> tf.data.Dataset:
    """The batches of a seed: the training rows in new order again and again."""
    random, rows = np.random.default_rng(seed), program.training
    count = program.steps * program.batch_size
    order = np.concatenate([random.permutation(rows) for _ in range(-(-count // len(rows)))])[:count].reshape(program.steps, program.batch_size)
    parts = (program.data.x, program.data.y) if program.data.weight is None else (program.data.x, program.data.y, program.data.weight)
    given = keras.tree.map_structure(tf.constant, keras.tree.lists_to_tuples(parts))
    return tf.data.Dataset.from_tensor_slices(order).map(lambda rows: keras.tree.map_structure(lambda array: tf.gather(array, rows), given))


class Trials:
    """The trainings of a program and of its changes, within a time limit."""

    def __init__(self, program: Program, time_limit: float, seeds: int, progress: Progress | None) -> None:
        self.began = perf_counter()
        self.time_limit, self.seeds, self.deadline = time_limit, seeds, self.began + time_limit
        self.judge = judge_of(program.data, program.readings, program.training, program.held_out)
        self.program, self.progress = program, progress
        self.done, self.total = 0, 0

    def run(self, causes: Sequence[str]) -> TriedFixes:
        """Everything that there is time for."""
        proposed = proposals(self.program, causes)
        if not any(changes for _, _, changes, _ in proposed):
            reasons = dict.fromkeys(reason for *_, reason in proposed if reason)
            names = ", ".join(cause.replace("_", " ") for cause in causes)
            return TriedFixes(note=f"Nothing was tried: there is no change to try for {names}{f' ({next(iter(reasons))})' if reasons else ''}.")
        self.total = 1 + len(proposed)
        try:
            unchanged, reason = self.unchanged([len(changes) for _, _, changes, _ in proposed if changes])
        except TimeOut:
            return TriedFixes(note=f"Nothing was tried: training the unchanged program takes longer than the time limit of {self.time_limit:g} seconds.")
        tried = [self.tried(fix, why, changes, said, unchanged) for fix, why, changes, said in proposed]
        together = self.together([each for each, _ in tried], {each.fix: change for each, change in tried if change}, unchanged, causes[0])
        return TriedFixes(
            measure=self.judge.measure,
            simple=self.judge.simple,
            simple_error=self.judge.simple_error,
            rows=len(self.program.held_out),
            steps=self.program.steps,
            seeds=self.seeds,
            seconds=perf_counter() - self.began,
            time_limit=self.time_limit,
            unchanged=unchanged,
            unchanged_reason=reason,
            fixes=tuple(each for each, _ in tried),
            together=together,
        )

    def tell(self, what: str) -> None:
        """Tell the progress."""
        if self.progress:
            self.progress(self.done, self.total, what)
        self.done += 1

    def unchanged(self, alternatives: Sequence[int]) -> tuple[Scores | None, str]:
        """The scores of the program as it is, or why there are none; sets the number of steps that there is time for.

        alternatives  how many changes each fix has to choose from: all are trained with the first seed, one with the others
        """
        self.tell("unchanged")
        try:
            trained = Trained(replace(self.program, steps=TIMED_STEPS), self.judge, self.deadline)
            trained.train(0)
            began = perf_counter()
            trained.train(0)
            seconds = perf_counter() - began
            compiling = began - self.began - seconds
            trainings = self.seeds * (1 + len(alternatives)) + sum(alternatives) - len(alternatives)
            left = self.deadline - perf_counter() - compiling * sum(alternatives)
            steps = int(np.clip(left / trainings / seconds * TIMED_STEPS, MIN_STEPS, STEPS))
            self.program = trained.program = replace(self.program, steps=steps)
            trained.runs = []
            for seed in range(self.seeds):
                trained.train(seed)
        except NotPossible as reason:
            return None, str(reason)
        return trained.scores, ""

    def tried(self, fix: Fix, causes: tuple[str, ...], changes: Sequence[Change], said: str, unchanged: Scores | None) -> tuple[TriedFix, Change | None]:
        """One fix: of its changes the one with the highest training skill of the first seed, judged over all seeds."""
        result = TriedFix(fix.name, changes[0].name if changes else fix.name.replace("_", " "), causes, "failed", said)
        self.tell(result.change)
        if not changes:
            return result, None
        candidates: list[tuple[Change, Trained]] = []
        try:
            for change in changes:
                try:
                    trained = Trained(applied(change, self.program), self.judge, self.deadline)
                    trained.train(0)
                    candidates.append((change, trained))
                except NotPossible as reason:
                    result = replace(result, reason=str(reason))
            if not candidates:
                return result, None
            change, trained = max(candidates, key=lambda pair: pair[1].scores.training_skill)
            for seed in range(1, self.seeds):
                trained.train(seed)
        except NotPossible as reason:
            return replace(result, reason=str(reason)), None
        except TimeOut:
            return replace(result, verdict="not_tried", reason=f"the time limit of {self.time_limit:g} seconds was reached"), None
        word, difference = compared(unchanged, trained.scores, change.balanced)
        return TriedFix(fix.name, change.name, causes, word, "", change.code, trained.scores, difference, change.balanced), change

    def together(self, tried: Sequence[TriedFix], changes: dict[str, Change], unchanged: Scores | None, primary: str) -> TriedFix | None:
        """The changes that helped in one program, the most helpful first, one of each part; where none did, those for the primary cause.

        A gated cell, for example, may need another optimizer too. None where there are fewer than two.
        """
        chosen = [fix for fix in tried if fix.verdict == "helped"] or [fix for fix in tried if fix.scores and primary in fix.causes]
        chosen.sort(key=lambda fix: -fix.skill)
        program, made, parts = self.program, [], set()
        for fix in chosen:
            part = FIXES[fix.fix].part
            if part and part in parts:
                continue
            try:
                program = applied(changes[fix.fix], program)
                made.append(fix)
                parts.add(part)
            except NotPossible:
                continue  # another that helped more took away what it changes
        if len(made) < 2:
            return None
        name = " + ".join(fix.change for fix in made)
        self.total += 1
        self.tell("together")
        try:
            trained = Trained(program, self.judge, self.deadline)
            for seed in range(self.seeds):
                trained.train(seed)
        except NotPossible as reason:
            return TriedFix("together", name, (), "failed", str(reason))
        except TimeOut:
            return TriedFix("together", name, (), "not_tried", f"the time limit of {self.time_limit:g} seconds was reached")
        balanced = all(fix.balanced for fix in made)
        word, difference = compared(unchanged, trained.scores, balanced)
        return TriedFix("together", name, (), word, "", "".join(fix.code for fix in made), trained.scores, difference, balanced)


def applied(change: Change, program: Program) -> Program:
    """The changed program; raises `NotPossible`, whatever the user's layers raise when they are made again."""
    try:
        return change.apply(program)
    except NotPossible:
        raise
    except Exception as error:
        raise NotPossible(first_sentence(error)) from None


def proposals(program: Program, causes: Sequence[str]) -> list[tuple[Fix, tuple[str, ...], list[Change], str]]:
    """The fixes that the findings propose, those of the first finding first, with their changes or why there are none."""
    found: list[tuple[Fix, tuple[str, ...], list[Change], str]] = []
    for cause in causes:
        for fix in FIXES:
            if cause not in fix.causes or any(fix is other for other, *_ in found):
                continue
            why = tuple(each for each in causes if each in fix.causes)
            try:
                if changes := fix.propose(program):
                    found.append((fix, why, changes, ""))
            except NotPossible as reason:
                found.append((fix, why, [], str(reason)))
            except Exception as error:  # a model or data of a kind that the fix does not foresee must not stop the others
                found.append((fix, why, [], first_sentence(error)))
    return found


def compared(unchanged: Scores | None, changed: Scores, balanced: bool) -> tuple[str, Difference | None]:
    """The verdict and the difference; where the program cannot be trained without the change, against the largest error that counts."""
    if unchanged is not None:
        return verdict(unchanged, changed, balanced)
    worst = {name: np.full_like(getattr(changed, name), MAX_ERROR) for name in ("held_out", "training", "balanced")}
    return verdict(replace(changed, **worst), changed, balanced)[0], None
