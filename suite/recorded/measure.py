"""Measure the answer on recorded tasks when a benchmark has been trained: the best network and simple predictors on the same test rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.recorded.answer import Candidate, ColumnImportance, RecordedAnswer, WrittenText
from unvanish.suite.recorded.errors import NEXT_RIGHT, bits_of, block_interval, errors, losses_by_row
from unvanish.suite.references.reference import REFERENCES, TRAINING_SEQUENCES, Reference
from unvanish.tasks.baselines import for_few_samples, scored_samples
from unvanish.tasks.ngrams import WittenBell, last_symbols
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import generator
from unvanish.tasks.table import Table
from unvanish.tasks.task import Sequences
from unvanish.tasks.text import Text
from unvanish.tasks.text_generation import generate

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan_record import PlanRecord
    from unvanish.suite.export.trained_network import TrainedNetwork

CONSTANT = "majority"  # the reference predictor that always says the same
ROWS = 5000  # of the test split that an answer is measured on at most: more than a trial is tested on, since a verdict needs them
PERMUTED_ROWS = 200  # of these that importances are measured on at most, each with its own permutations
REPEATS = 10  # permutations of a column
MAX_COLUMNS = 40  # that are permuted one by one
NEIGHBOURS = 8  # stretches of a text whose bits may depend on each other
WRITTEN = {"character": 300, "word": 60}  # symbols that a network writes
TEXT_NAMES = {CONSTANT: "the frequency of each symbol"}  # of reference predictors that say something else of a text


class Trained(Protocol):
    """The parts of a benchmark that an answer is measured on; see `unvanish.reports.benchmark.Benchmark`."""

    @property
    def plan(self) -> PlanRecord: ...

    @property
    def evaluated(self) -> pd.DataFrame: ...

    @property
    def curves(self) -> pd.DataFrame: ...

    @property
    def references(self) -> pd.DataFrame: ...

    def network(self, run_id: str) -> TrainedNetwork: ...


def answers(benchmark: Trained, tasks: Sequence[RecordedTask]) -> list[RecordedAnswer]:
    """Return the answer on each task that is a text, or asks once a sequence for a class or a number, and has a network that was trained to its end."""
    found = []
    for task in tasks:
        best = best_condition(benchmark, task) if isinstance(task, Text) or asks_once(task) else None
        if best is not None:
            found.append(text_answer(benchmark, task, *best) if isinstance(task, Text) else answer(benchmark, task, *best))
    return found


def asks_once(task: RecordedTask) -> bool:
    """Return whether one class, or one number, is asked for in each sequence."""
    return len(task.scored_steps) == 1 and (task.kind == "classification" or task.output_size == 1)


def best_condition(benchmark: Trained, task: RecordedTask) -> tuple[str, str] | None:
    """Return model and mitigation with the lowest median loss on the validation split in the end, of those whose trials all ended with a finite one.

    The test split chooses nothing, so that what the network reaches on it is not the best of many.
    """
    curves, trials = benchmark.curves, benchmark.evaluated
    here = curves[(curves.task == task.name) & (curves.lag == task.lag) & (curves.phase == "evaluate")]
    known = trials[(trials.task == task.name) & (trials.lag == task.lag) & (trials.status == "finished") & (trials.copy_of == "")]
    last = here.sort_values("step").groupby(["model", "mitigation", "seed"], sort=False).loss.last()
    by_seed = last.fillna(np.inf).groupby(["model", "mitigation"], sort=False)
    names = set(known[["model", "mitigation"]].itertuples(index=False, name=None))
    losses = by_seed.median()[np.isfinite(by_seed.max())]
    losses = losses[[name in names for name in losses.index]]
    if losses.empty:
        return None
    model, mitigation = losses.idxmin()
    return str(model), str(mitigation)


def answer(benchmark: Trained, task: RecordedTask, model: str, mitigation: str) -> RecordedAnswer:
    """Return the answer on a task with this network."""
    from unvanish.suite.export.numpy_outputs import last_outputs

    numbers = test_numbers(task, ROWS)
    test = task.with_blanks("test", numbers)
    permuted = np.linspace(0, len(numbers) - 1, min(len(numbers), PERMUTED_ROWS)).astype(np.intp)  # evenly over the rows, which are in their order
    classes = task.kind == "classification"
    column = task.log_encoding.target if task.log_encoding else None
    scale, mean = (column.scale, column.mean) if column and not classes else (1.0, 0.0)

    def in_unit(values: NDArray[Any]) -> NDArray[np.float64]:
        return values.astype(np.float64) * scale + mean

    actual = in_unit(test.targets.reshape(len(numbers)))

    def candidate(name: str, kind: Any, predictions: NDArray[np.float64]) -> Candidate:
        return Candidate(name, kind, errors(actual, predictions, classes), predictions.tolist())

    others = [candidate(constant_name(task, constant := in_unit(fitted(task, CONSTANT, test))), "simple", constant[None])]
    others += [candidate(name, "simple", in_unit(values)[None]) for name, values in task.repeated("test", numbers).items()]
    if (reference := best_reference(benchmark.references, task)) is not None:
        others.append(candidate(reference, "fitted", in_unit(fitted(task, reference, test))[None]))
    run_ids = runs_of(benchmark, task, model, mitigation)
    networks = [benchmark.network(run_id) for run_id in run_ids]

    def ask(inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        outputs = np.stack([last_outputs(network, inputs) for network in networks])  # [seed, row, output]
        return in_unit(outputs.argmax(axis=-1) if classes else outputs[..., 0])

    network = candidate(network_name(model, mitigation), "network", ask(test.inputs))
    first = next(iter(network.errors))
    best = min(others, key=lambda other: other.errors[first] * (-1 if classes else 1))
    in_order = isinstance(task, Table) and not task.sequence
    overlap = task.steps if isinstance(task, Table) and task.ask == "every_row" else 1

    def gain_over(other: Candidate, of: Candidate) -> tuple[float, float, float]:
        others, losses = (losses_by_row(actual, np.array(each.predictions), classes) for each in (other, of))
        return gain(others, losses, overlap)

    gained, low, high = gain_over(best, network)
    return RecordedAnswer(
        task=task.name,
        lag=task.lag,
        target=column.name if column else task.target_name,
        classes=tuple(task.output_names) if classes else (),
        actual=actual.tolist(),
        in_order=in_order,
        candidates=[*others, network],
        best_simple=best.name,
        model=model,
        mitigation=mitigation,
        run_ids=run_ids,
        gain=gained,
        low=low,
        high=high,
        columns=importance(ask, test.inputs[permuted], actual[permuted], columns_of(task), classes),
        asks_log=task.log_encoding is not None,
        tested=len(actual),
        beats_constant=any(gain_over(others[0], other)[1] > 0 for other in (*others[1:], network)),
        published=list(task.published_here),
    )


def text_answer(benchmark: Trained, task: Text, model: str, mitigation: str) -> RecordedAnswer:
    """Return the answer on a text with this network: bits per symbol, and how often the most probable symbol is the next one."""
    from unvanish.suite.export.numpy_outputs import is_plain, loss_step_outputs

    numbers = test_numbers(task, benchmark.plan.profile.test_sequences)
    test = task.with_blanks("test", numbers)
    symbols = test.targets.astype(np.intp)

    def candidate(name: str, kind: Any, logits: NDArray[Any]) -> tuple[Candidate, NDArray[np.float64]]:
        """Of logits [seed, sequence, step, symbol]; with its mean bits by sequence."""
        bits = np.mean([bits_of(of_seed, symbols) for of_seed in logits], axis=0)
        right = float(np.mean(logits.argmax(axis=-1) == symbols))
        return Candidate(name, kind, {task.metric_label: float(bits.mean()), NEXT_RIGHT: right}, []), bits.mean(axis=-1)

    measured = []
    for name in REFERENCES.names:
        reference = REFERENCES[name]
        if name == CONSTANT:  # it has no probability for a symbol that the training part has not, such as the rare ones
            reference = replace(reference, features=last_symbols(1), estimator=lambda task: WittenBell(0, task.output_size))
        if reference.applies(task):
            estimator, contexts = fit_reference(task, reference, test)
            probabilities = estimator.predict_proba(contexts).reshape(len(task.scored_steps), len(numbers), -1).swapaxes(0, 1)
            measured.append(candidate(TEXT_NAMES.get(name, name), "simple", np.log(probabilities)[None]))
    run_ids = runs_of(benchmark, task, model, mitigation)
    networks = [benchmark.network(run_id) for run_id in run_ids]
    network, losses = candidate(network_name(model, mitigation), "network", np.stack([loss_step_outputs(each, test.inputs) for each in networks]))
    best, simple_losses = min(measured, key=lambda each: each[1].mean())
    gained, low, high = gain(simple_losses, losses, NEIGHBOURS)
    written = generate(task, networks[0].reader(), WRITTEN[task.by]) if is_plain(networks[0]) else None
    return RecordedAnswer(
        task=task.name,
        lag=task.lag,
        target=task.target_name,
        classes=(),
        actual=[],
        in_order=True,
        candidates=[*(each for each, _ in measured), network],
        best_simple=best.name,
        model=model,
        mitigation=mitigation,
        run_ids=run_ids,
        gain=gained,
        low=low,
        high=high,
        columns=[],
        asks_log=False,
        tested=test.targets.size,
        published=list(task.published_here),
        text=WrittenText(*written) if written else None,
    )


def gain(others: NDArray[np.float64], losses: NDArray[np.float64], overlap: int) -> tuple[float, float, float]:
    """Return by how much losses [row] are smaller than others in the mean, and its 95 % interval."""
    return float(np.mean(others - losses)), *block_interval(others - losses, overlap)


def runs_of(benchmark: Trained, task: RecordedTask, model: str, mitigation: str) -> list[str]:
    """Return the runs of the evaluation trials of a condition that ended."""
    trials = benchmark.evaluated
    trials = trials[(trials.task == task.name) & (trials.lag == task.lag) & (trials.model == model) & (trials.mitigation == mitigation)]
    return [str(run_id) for run_id in trials[trials.status == "finished"].run_id]


def network_name(model: str, mitigation: str) -> str:
    """Return the name of a network with its mitigation."""
    return model if mitigation == "none" else f"{model} with {mitigation}"


def test_numbers(task: RecordedTask, count: int) -> NDArray[np.intp]:
    """Return the numbers of as many test sequences, the first that trials are tested on among them, in the order of the data."""
    return np.sort(generator("test").permutation(task.split_size("test"))[: task.available("test", count)])


def fitted(task: RecordedTask, name: str, test: Sequences) -> NDArray[np.float64]:
    """Fit a reference predictor as `unvanish.suite.references.evaluate` does; its predictions [row], class numbers or values."""
    estimator, features = fit_reference(task, REFERENCES[name], test)
    found: NDArray[np.float64] = estimator.predict(features).reshape(-1).astype(np.float64)
    return found


def fit_reference(task: RecordedTask, reference: Reference, test: Sequences) -> tuple[Any, NDArray[Any]]:
    """Return a fitted reference predictor, and its features of the test sequences."""
    import warnings

    from threadpoolctl import threadpool_limits

    inputs, targets = scored_samples(task, reference.features, task.sample(task.available("reference", TRAINING_SEQUENCES), "reference"))
    estimator = for_few_samples(task, reference.estimator(task), targets)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # an estimator stopped at its number of iterations is what is meant
        estimator.fit(inputs, targets)
    return estimator, scored_samples(task, reference.features, test)[0]


def constant_name(task: RecordedTask, constant: NDArray[np.float64]) -> str:
    """Return the name of the predictor that always says the same, with what it says."""
    return f"always {task.output_names[int(constant[0])]}" if task.kind == "classification" else f"always the mean, {constant[0]:.4g}"


def best_reference(references: pd.DataFrame, task: RecordedTask) -> str | None:
    """Return the fitted predictor of scikit-learn that is best on the test split: by the metric for classes, by the squared error for numbers."""
    here = references[(references.task == task.name) & (references.lag == task.lag) & (references.reference != CONSTANT)]
    here = here[here.reference.isin(REFERENCES.names)]
    if here.empty:
        return None
    best = here.metric_value.idxmax() if task.kind == "classification" else here.loss.idxmin()
    return str(here.reference[best])


def columns_of(task: RecordedTask) -> dict[str, slice]:
    """Return the inputs that belong to each column of the data, by its name; none where there are too many to permute one by one."""
    encoding = task.log_encoding
    if encoding is None:
        groups = task.feature_groups or {name: slice(place, place + 1) for place, name in enumerate(task.input_names)}
        return groups if len(groups) <= MAX_COLUMNS else {}
    found, start = dict[str, slice](), 0
    both = [*((f"{column.name} of the row before", column.size) for column in encoding.previous), *((column.name, column.size) for column in encoding.current)]
    for name, size in both:
        found[name] = slice(start, start + size)
        start += size
    return found if len(found) <= MAX_COLUMNS else {}


class Shuffled:
    """Sequences whose columns scikit-learn permutes: row `i` has, of column `j`, that of sequence `order[i, j]`."""

    def __init__(self, inputs: NDArray[np.float32], columns: Sequence[slice]) -> None:
        self.inputs, self.columns = inputs, columns

    def fit(self) -> None:
        """Do nothing: the networks are trained; scikit-learn wants an estimator that has it."""

    def sequences(self, order: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the sequences with these orders of their columns."""
        made = self.inputs.copy()
        for place, column in enumerate(self.columns):
            made[..., column] = self.inputs[order[:, place]][..., column]
        return made


def importance(
    ask: Callable[[NDArray[np.float32]], NDArray[np.float64]],
    inputs: NDArray[np.float32],
    actual: NDArray[np.float64],
    columns: dict[str, slice],
    classes: bool,
) -> list[ColumnImportance]:
    """Return the permutation importance of each column on these sequences (Breiman 2001), by scikit-learn; a column is permuted as a whole sequence."""
    if not columns:
        return []
    from sklearn.inspection import permutation_importance

    def negative_losses(shuffled: Shuffled, order: NDArray[np.integer], targets: NDArray[np.float64]) -> float:
        return -float(losses_by_row(targets, ask(shuffled.sequences(order)), classes).mean())

    order = np.tile(np.arange(len(inputs))[:, None], len(columns))
    found = permutation_importance(Shuffled(inputs, list(columns.values())), order, actual, scoring=negative_losses, n_repeats=REPEATS, random_state=0)
    made = [
        ColumnImportance(name, float(losses.mean()), *map(float, np.percentile(losses, [2.5, 97.5])))
        for name, losses in zip(columns, found.importances, strict=True)
    ]
    return sorted(made, key=lambda column: -column.loss)
