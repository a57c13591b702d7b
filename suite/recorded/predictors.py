"""What an answer on recorded data is made of: trained networks, fitted predictors, the test rows, and the gain of one over another."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unvanish.suite.recorded.errors import block_interval
from unvanish.suite.references.reference import TRAINING_SEQUENCES, Reference
from unvanish.tasks.baselines import for_few_samples, scored_samples
from unvanish.tasks.recorded import RecordedTask
from unvanish.tasks.seeding import generator
from unvanish.tasks.task import Sequences

if TYPE_CHECKING:
    from unvanish.suite.experiment.plan_record import PlanRecord
    from unvanish.suite.export.trained_network import TrainedNetwork

CONSTANT = "majority"  # the reference predictor that always says the same


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


def fit_reference(task: RecordedTask, reference: Reference, test: Sequences) -> tuple[Any, NDArray[Any]]:
    """Return a fitted reference predictor, and its features of the test sequences."""
    from threadpoolctl import threadpool_limits

    inputs, targets = scored_samples(task, reference.features, task.sample(task.available("reference", TRAINING_SEQUENCES), "reference"))
    estimator = for_few_samples(task, reference.estimator(task), targets)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # an estimator stopped at its number of iterations is what is meant
        estimator.fit(inputs, targets)
    return estimator, scored_samples(task, reference.features, test)[0]


def gain(others: NDArray[np.float64], losses: NDArray[np.float64], overlap: int) -> tuple[float, float, float]:
    """Return by how much losses [row] are smaller than others in the mean, and its 95 % interval."""
    return float(np.mean(others - losses)), *block_interval(others - losses, overlap)
