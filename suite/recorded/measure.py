"""Measure the answer on recorded tasks when a benchmark has been trained: the best network and simple predictors on the same test rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.recorded.answer import Candidate, ColumnImportance, RecordedAnswer
from unvanish.suite.recorded.errors import block_interval, errors, losses_by_row
from unvanish.suite.recorded.repeats import repeats
from unvanish.suite.references.reference import REFERENCES, TRAINING_SEQUENCES
from unvanish.tasks.baselines import for_few_samples, scored_samples
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import generator
from unvanish.tasks.table import Table
from unvanish.tasks.task import Sequences

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan_record import PlanRecord
    from unvanish.suite.export.trained_network import TrainedNetwork

CONSTANT = "majority"  # the reference predictor that always says the same
REPEATS = 10  # permutations of a column
MAX_COLUMNS = 40  # that are permuted one by one


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
    """Return the answer on each task that asks once a sequence for a class or a single number, and has a network that was trained to its end."""
    found = []
    for task in tasks:
        asked_once = len(task.scored_steps) == 1 and (task.kind == "classification" or task.output_size == 1)
        best = best_condition(benchmark, task) if asked_once else None
        if best is not None:
            found.append(answer(benchmark, task, *best))
    return found


def best_condition(benchmark: Trained, task: RecordedTask) -> tuple[str, str] | None:
    """Return model and mitigation with the lowest median loss on the validation split in the end, of those whose trials all ended with a finite one.

    The test split chooses nothing, so that what the network reaches on it is not the best of many.
    """
    curves, trials = benchmark.curves, benchmark.evaluated
    here = curves[(curves.task == task.name) & (curves.lag == task.lag) & (curves.phase == "evaluate")]
    known = trials[(trials.task == task.name) & (trials.lag == task.lag) & (trials.status == "finished") & (trials.copy_of == "")]
    last = here.sort_values("step").groupby(["model", "mitigation", "seed"], sort=False).loss.last()
    losses = last.fillna(np.inf).groupby(["model", "mitigation"], sort=False).median()
    names = set(known[["model", "mitigation"]].itertuples(index=False, name=None))
    losses = losses[[name in names and np.isfinite(loss) for name, loss in losses.items()]]
    if losses.empty:
        return None
    model, mitigation = losses.idxmin()
    return str(model), str(mitigation)


def answer(benchmark: Trained, task: RecordedTask, model: str, mitigation: str) -> RecordedAnswer:
    """Return the answer on a task with this network."""
    from unvanish.suite.export.numpy_outputs import last_outputs

    numbers = test_numbers(task, benchmark.plan.profile.test_sequences)
    test = task.with_blanks("test", numbers)
    classes = task.kind == "classification"
    column = task.log_encoding.target if task.log_encoding else None
    scale, mean = (column.scale, column.mean) if column and not classes else (1.0, 0.0)

    def in_unit(values: NDArray[Any]) -> NDArray[np.float64]:
        return values.astype(np.float64) * scale + mean

    actual = in_unit(test.targets.reshape(len(numbers)))

    def candidate(name: str, kind: Any, predictions: NDArray[np.float64]) -> Candidate:
        return Candidate(name, kind, errors(actual, predictions, classes), predictions.tolist())

    others = [candidate(constant_name(task, constant := in_unit(fitted(task, CONSTANT, test))), "simple", constant[None])]
    if isinstance(task, Table):
        others += [candidate(name, "simple", in_unit(values)[None]) for name, values in repeats(task, task.rows.ends["test"][numbers]).items()]
    if (reference := best_reference(benchmark.references, task)) is not None:
        others.append(candidate(reference, "fitted", in_unit(fitted(task, reference, test))[None]))
    trials = benchmark.evaluated
    trials = trials[(trials.task == task.name) & (trials.lag == task.lag) & (trials.model == model) & (trials.mitigation == mitigation)]
    run_ids = [str(run_id) for run_id in trials[trials.status == "finished"].run_id]
    networks = [benchmark.network(run_id) for run_id in run_ids]

    def ask(inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        outputs = np.stack([last_outputs(network, inputs) for network in networks])  # [seed, row, output]
        return in_unit(outputs.argmax(axis=-1) if classes else outputs[..., 0])

    network = candidate(model if mitigation == "none" else f"{model} with {mitigation}", "network", ask(test.inputs))
    first = next(iter(network.errors))
    best = min(others, key=lambda other: other.errors[first] * (-1 if classes else 1))
    losses = [losses_by_row(actual, np.array(each.predictions), classes) for each in (best, network)]
    in_order = isinstance(task, Table) and not task.sequence
    low, high = block_interval(losses[0] - losses[1], task.steps if isinstance(task, Table) and task.ask == "every_row" else 1)
    return RecordedAnswer(
        task=task.name,
        lag=task.lag,
        target=column.name if column else f"the {'class' if classes else 'value'} of {task.name.replace('_', ' ')}",
        classes=tuple(task.output_names) if classes else (),
        actual=actual.tolist(),
        in_order=in_order,
        candidates=[*others, network],
        best_simple=best.name,
        model=model,
        mitigation=mitigation,
        run_ids=run_ids,
        gain=float(np.mean(losses[0] - losses[1])),
        low=low,
        high=high,
        columns=importance(ask, test.inputs, actual, columns_of(task), classes),
        asks_log=task.log_encoding is not None,
    )


def test_numbers(task: RecordedTask, count: int) -> NDArray[np.intp]:
    """Return the numbers of the test sequences that trials are tested on, in the order of the data."""
    return np.sort(generator("test").permutation(task.split_size("test"))[: task.available("test", count)])


def fitted(task: RecordedTask, name: str, test: Sequences) -> NDArray[np.float64]:
    """Fit a reference predictor as `unvanish.suite.references.evaluate` does; its predictions [row], class numbers or values."""
    import warnings

    from threadpoolctl import threadpool_limits

    reference = REFERENCES[name]
    inputs, targets = scored_samples(task, reference.features, task.sample(task.available("reference", TRAINING_SEQUENCES), "reference"))
    estimator = for_few_samples(task, reference.estimator(task), targets)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # an estimator stopped at its number of iterations is what is meant
        estimator.fit(inputs, targets)
        found: NDArray[np.float64] = estimator.predict(scored_samples(task, reference.features, test)[0]).reshape(-1).astype(np.float64)
    return found


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
