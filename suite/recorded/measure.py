"""Measure the answer on recorded tasks when a benchmark has been trained: the best network and simple predictors on the same test rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.recorded.answer import Candidate, RecordedAnswer
from unvanish.suite.recorded.errors import SHARES, errors, losses_by_row
from unvanish.suite.recorded.importance import columns_of, importance
from unvanish.suite.recorded.predictors import CONSTANT, Trained, fit_reference, gain, network_name, runs_of, test_numbers
from unvanish.suite.recorded.text_answer import text_answer
from unvanish.suite.references.reference import REFERENCES
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.table import Table
from unvanish.tasks.task import Sequences
from unvanish.tasks.text import Text

ROWS = 5000  # of the test split that an answer is measured on at most: more than a trial is tested on, since a verdict needs them
PERMUTED_ROWS = 200  # of these that importances are measured on at most, each with its own permutations


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
    models = [candidate(name, "fitted", in_unit(fitted(task, name, test))[None]) for name in fitted_names(benchmark.references, task)]
    others += [best_of(models)] if models else []
    run_ids = runs_of(benchmark, task, model, mitigation)
    networks = [benchmark.network(run_id) for run_id in run_ids]

    def ask(inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        outputs = np.stack([last_outputs(network, inputs) for network in networks])  # [seed, row, output]
        return in_unit(outputs.argmax(axis=-1) if classes else outputs[..., 0])

    network = candidate(network_name(model, mitigation), "network", ask(test.inputs))
    best = best_of(others)
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


def best_of(candidates: Sequence[Candidate]) -> Candidate:
    """Return the candidate with the best first measure: the highest share of right answers, or the lowest error."""
    measure = next(iter(candidates[0].errors))
    return min(candidates, key=lambda candidate: candidate.errors[measure] * (-1 if measure in SHARES else 1))


def fitted(task: RecordedTask, name: str, test: Sequences) -> NDArray[np.float64]:
    """Fit a reference predictor as `unvanish.suite.references.evaluate` does; its predictions [row], class numbers or values."""
    estimator, features = fit_reference(task, REFERENCES[name], test)
    found: NDArray[np.float64] = estimator.predict(features).reshape(-1).astype(np.float64)
    return found


def constant_name(task: RecordedTask, constant: NDArray[np.float64]) -> str:
    """Return the name of the predictor that always says the same, with what it says."""
    return f"always {task.output_names[int(constant[0])]}" if task.kind == "classification" else f"always the mean, {constant[0]:.4g}"


def fitted_names(references: pd.DataFrame, task: RecordedTask) -> list[str]:
    """Return the predictors of scikit-learn that could be fitted to the task when its trials were trained, without the constant one."""
    here = references[(references.task == task.name) & (references.lag == task.lag) & (references.reference != CONSTANT)]
    return [name for name in here.reference if name in REFERENCES.names]
