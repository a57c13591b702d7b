"""The contract of a task: a sequence is what the task says, is drawn from the generator alone, and leaves something to learn."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.contracts.attributes import check_attributes
from unvanish.suite.contracts.check import Check, DoesNotHold, NotApplicable, counted, require
from unvanish.suite.experiment.profile import make_task
from unvanish.tasks import METRICS, TASKS, Sequences, Task
from unvanish.tasks.errors import UsageError
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import Purpose
from unvanish.tasks.task import one_hot

PURPOSES: tuple[Purpose, ...] = ("training", "validation", "test", "probe", "reference", "example")
FEW, MANY = 50, 4000  # sequences: of a batch, and to estimate a share from
NUMBERS = 4_000_000  # in the inputs of the sequences that are drawn to estimate a share
PARTS = 20  # of the sequences, from whose metrics the error of the metric of all is estimated
DEVIATIONS = 4  # standard deviations of an estimate by which it may exceed what is stated


def attributes(task: Task) -> str:
    """Check class attributes, and that the name is valid and unique."""
    return check_attributes(task, Task, TASKS)


def sizes(task: Task) -> str:
    """Check the numbers of inputs, outputs and time steps against each other."""
    for which, names, size in (("input", task.input_names, task.input_size), ("output", task.output_names, task.output_size)):
        require(len(names) == size > 0, f"{which}_names has {len(names)} names and {which}_size is {size}; give each {which} a name")
        require(len(set(names)) == len(names), f"{which}_names has a name twice; give each {which} a name of its own")
    length, steps, scored = task.length, task.loss_steps, task.scored_steps
    require(length > 0, f"length is {length}; it must be at least 1")
    in_order = list(steps) == sorted(set(steps)) and len(steps) > 0 and steps[0] >= 0 and steps[-1] < length
    require(in_order, f"loss_steps are {shortened(steps)}; they must be different steps from 0 to {length - 1}, in ascending order")
    require(len(scored) > 0 and tuple(scored) == tuple(steps[-len(scored) :]), f"scored_steps are {shortened(scored)}; they must be the last of loss_steps")
    distance = task.information_distance
    require(0 <= distance <= length, f"information_distance is {distance}; it must be between 0 and the length, {length}")
    learned = f"{counted(len(steps), 'loss step')}, of which {len(scored)} {'is' if len(scored) == 1 else 'are'} scored"
    return f"{counted(length, 'step')} of {counted(task.input_size, 'input')}, {counted(task.output_size, 'output')}, {learned}"


def shapes(task: Task) -> str:
    """Check shapes and types of a batch for each purpose."""
    for purpose in PURPOSES:
        drawn, count = batch(task, purpose), task.available(purpose, FEW)
        require(isinstance(drawn, Sequences), f"for {purpose} it draws {type(drawn).__name__}; draw must return Sequences(inputs, targets)")
        kind, outputs = (np.int32, ()) if task.kind == "classification" else (np.float32, (task.output_size,))
        for name, array, shape, dtype in (
            ("inputs", drawn.inputs, (count, task.length, task.input_size), np.float32),
            ("targets", drawn.targets, (count, len(task.loss_steps), *outputs), kind),
        ):
            seen = f"{getattr(array, 'dtype', type(array).__name__)} of shape {getattr(array, 'shape', '()')}"
            fits = isinstance(array, np.ndarray) and array.dtype == dtype and array.shape == shape
            require(fits, f"{name} for {purpose} are {seen}; they must be {np.dtype(dtype)} of shape {shape}")
    return f"inputs float32 [{FEW}, {task.length}, {task.input_size}], targets {np.dtype(kind)} {[FEW, len(task.loss_steps), *outputs]}"


def values(task: Task) -> str:
    """Check that inputs and targets are finite, and classes in range."""
    for purpose in PURPOSES:
        drawn = batch(task, purpose)
        for name, array in (("inputs", drawn.inputs), ("targets", drawn.targets)):
            share = np.mean(~np.isfinite(array))
            require(share == 0, f"{100 * share:.2g} % of the {name} for {purpose} are not finite; every number must be one that a network can learn from")
        if task.kind == "classification":
            low, high = int(drawn.targets.min()), int(drawn.targets.max())
            in_range = low >= 0 and high < task.output_size
            require(in_range, f"targets for {purpose} are from {low} to {high}; they must be class numbers from 0 to {task.output_size - 1}")
    return "all inputs and targets are finite" + (", targets in range" if task.kind == "classification" else "")


def one_hot_inputs(task: Task) -> str:
    """Check that inputs which are called one-hot are, since the product with the kernel is a look-up of a row then."""
    if not task.one_hot_inputs:
        raise NotApplicable("it does not say that its inputs are one-hot")
    inputs = batch(task, "training").inputs
    single = np.isin(inputs, (0, 1)).all() and (inputs.sum(axis=-1) == 1).all()
    require(single, "one_hot_inputs is True, and an input vector is not a single 1 and zeros; set one_hot_inputs = False")
    return "each input vector is a single 1 and zeros"


def randomness(task: Task) -> str:
    """Check that sequences are a function of purpose, seed and block, and that each of these changes them."""
    draws = {"seed 1": batch(task, "training"), "another seed": batch(task, "training", 2), "another block of training": batch(task, "training", 1, 1)}
    draws |= {f"the purpose {purpose}": batch(task, purpose) for purpose in ("validation", "test", "probe")}
    for name, again in (("seed 1", batch(task, "training")), ("the purpose test", batch(task, "test"))):
        same = equal(draws[name], again)
        require(same, "it draws other sequences when asked again with the same purpose and seed; draw all random numbers from the generator `random`")
    names = list(draws)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            differ = not equal(draws[first], draws[second])
            sentence = f"{second} gives the same sequences as {first}, so that a network is tested on what it was trained on"
            require(differ, f"{sentence}; draw all random numbers from the generator `random`")
    once, again = (evaluation_set(task) for _ in range(2))
    require(equal(once, again), "the sequences that trials are evaluated on change when they are asked for again; evaluation_parts must return the same")
    count = task.available("test", 2 * FEW)
    require(len(once.inputs) == count, f"evaluation_parts gives {len(once.inputs)} sequences of {count}")
    return "the same purpose and seed give the same sequences, others give others"


def baseline(task: Task) -> str:
    """Check that the stated baseline leaves something to learn."""
    loss, metric, solved, measured = task.baseline_loss, task.baseline_metric, task.solved_at_metric, METRICS[task.metric]
    nothing = "a simple predictor already answers everything, so no network can be better"
    if isinstance(task, RecordedTask) and task.answered:
        return f"{nothing}, and one as good counts as solved"  # as of recorded data it may be; its score is 1 for as good and 0 for less
    require(np.isfinite(loss) and np.isfinite(metric), f"baseline_loss is {loss:g} and baseline_metric {metric:g}; they must be finite numbers")
    require(loss > 0, f"baseline_loss is {loss:g}: {nothing}; ask for something that must be remembered, or correct baseline_loss")
    require(
        metric >= 0 and not measured.meets(metric, measured.perfect),
        f"baseline_metric is {metric:g}: {nothing}; ask for something that must be remembered, or correct baseline_metric",
    )
    require(
        not task.solved(metric),
        f"baseline_metric is {metric:g} and solved_at_metric {solved:g}, so that a predictor without memory solves it; change solved_at_metric",
    )
    require(
        abs(task.score(loss, metric)) < 1e-9
        and abs(task.score(0.0, measured.perfect) - 1) < 1e-9
        and task.score(np.nan, np.nan) == 0
        and not task.solved(np.nan),
        "its score is not 0 at the baseline, 1 when perfect and 0 for what is not a number; see Task.score",
    )
    return f"loss {loss:.4g}, metric {metric:.4g}, solved from {solved:g}"


def constant_answers(task: Task) -> str:
    """Check that no constant answer is better than the stated baseline, by more than the error of the sample."""
    if isinstance(task, RecordedTask):
        raise NotApplicable("its baseline is measured, not stated")
    count = min(max(NUMBERS // (task.length * task.input_size), FEW), MANY)
    targets = task.sample(count, "test").targets
    scored = targets[:, -len(task.scored_steps) :]
    if task.kind == "regression":
        losses = np.square(targets - targets.mean(axis=0)).mean(axis=(1, 2))
        outputs, constant = np.broadcast_to(scored.mean(axis=0), scored.shape), "the mean of the targets"
    else:
        classes = class_shares(targets.astype(np.int32), task.output_size)  # [loss step, class]
        losses = -np.log(np.take_along_axis(classes, targets.T.astype(np.int32), axis=1)).mean(axis=0)
        outputs = np.broadcast_to(one_hot(classes[-scored.shape[1] :].argmax(axis=1), task.output_size), (*scored.shape, task.output_size))
        constant = "the most frequent class at each step"
    parts = [task.measure(outputs[part], scored[part]) for part in np.array_split(np.arange(len(scored)), PARTS)]
    loss, loss_error = mean_and_error(losses, task.output_size)
    metric, metric_error = task.measure(outputs, scored), DEVIATIONS * np.std(parts) / PARTS**0.5 + (10 + task.output_size) / len(scored)
    allowed = metric_error if METRICS[task.metric].better == "higher" else -metric_error
    require(
        METRICS[task.metric].meets(task.baseline_metric + allowed, metric),
        f"{constant} alone reaches a metric of {metric:.3f} and baseline_metric is {task.baseline_metric:.3f}; correct the baseline",
    )
    require(
        loss >= task.baseline_loss - loss_error,
        f"{constant} alone reaches a loss of {loss:.4f} and baseline_loss is {task.baseline_loss:.4f}; correct the baseline",
    )
    return f"{constant} reaches a loss of {loss:.4f} and a metric of {metric:.3f} on {len(targets)} sequences, no better than the baseline"


def words(task: Task) -> str:
    """Check that a sequence can be described."""
    steps = task.describe_steps(task.sample(2, "example"), 1)
    require(len(steps) == task.length, f"describe_steps describes {len(steps)} steps of {task.length}; return one StepDescription for each time step")
    scored = tuple(index for index, step in enumerate(steps) if step.scored)
    same = scored == tuple(task.scored_steps)
    require(same, f"describe_steps marks the steps {shortened(scored)} as scored, and scored_steps are {shortened(task.scored_steps)}; mark these")
    require(all(step.target for step in steps if step.scored), "describe_steps leaves the target of a scored step empty; say what is asked for")
    return f"all {task.length} steps are described"


def parameters(task: Task) -> str:
    """Check that its parameters make an equal task again, in another process too, and that a lag below the minimum is refused."""
    again = make_task(task.name, task.lag, json.loads(json.dumps(task.parameters)))
    same = again == task and hash(again) == hash(task) and pickle.loads(pickle.dumps(task)) == task
    require(same, "its parameters do not make an equal task again; give the class @dataclass(frozen=True) and make the parameters its fields")
    for lag in (-1, task.minimum_lag - 1):
        if accepts(partial(make_task, task.name, lag)):
            raise DoesNotHold(f"the lag {lag} is below minimum_lag, {task.minimum_lag}, and is not refused; call super().__post_init__() in __post_init__")
    return "its parameters make an equal task again, and a lag below the minimum is refused"


def batch(task: Task, purpose: Purpose, seed: int = 1, *block: int) -> Sequences:
    """Draw a few sequences."""
    return task.sample(task.available(purpose, FEW), purpose, seed, *block)


def evaluation_set(task: Task) -> Sequences:
    """Return the sequences to test on, in one piece."""
    parts = list(task.evaluation_parts("test", task.available("test", 2 * FEW), FEW))
    return Sequences(np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts]))


def equal(first: Sequences, second: Sequences) -> bool:
    """Return whether inputs and targets are the same."""
    return np.array_equal(first.inputs, second.inputs) and np.array_equal(first.targets, second.targets)


def class_shares(targets: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """Return how often each class occurs at each loss step, [loss step, class]."""
    return np.stack([np.bincount(step, minlength=classes) for step in targets.T]) / len(targets)


def mean_and_error(of_sequences: NDArray[np.floating], outputs: int) -> tuple[float, float]:
    """Return the mean of a figure of independent sequences, and by how much it may be off where the best of `outputs` answers was chosen by them."""
    return float(of_sequences.mean()), float(DEVIATIONS * of_sequences.std() / len(of_sequences) ** 0.5) + (10 + outputs) / len(of_sequences)


def accepts(function: Callable[[], object]) -> bool:
    """Return whether a function does not raise `UsageError`."""
    try:
        function()
    except UsageError:
        return False
    return True


def shortened(steps: Sequence[int]) -> str:
    """Return steps as a list that is not too long for a sentence."""
    return ", ".join(map(str, steps[:8])) + (", ..." if len(steps) > 8 else "") or "none"


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("sizes", sizes, essential=True),
    Check("shapes and types of sequences", shapes, essential=True),
    Check("values of sequences", values, essential=True),
    Check("one-hot inputs", one_hot_inputs),
    Check("random numbers", randomness),
    Check("the baseline leaves something to learn", baseline),
    Check("no constant answer is better than the baseline", constant_answers),
    Check("words for every step", words),
    Check("parameters", parameters),
)
