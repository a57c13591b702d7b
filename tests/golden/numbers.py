"""The golden numbers: what every shipped task, model, mitigation and reference predictor computes at toy sizes, with the versions that it has.

Every model is trained for six steps without a mitigation, and every mitigation on the first model that it applies to, the plain recurrent
network before all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unvanish.suite.experiment.plan import Budget, Condition
from unvanish.suite.experiment.trial import TrainedTrial, evaluation_trials
from unvanish.suite.experiment.versions import ENGINE_VERSION, LIBRARIES, library_versions
from unvanish.suite.mitigations import MITIGATIONS, Combination, find
from unvanish.suite.models import MODELS, Model
from unvanish.suite.references import REFERENCES, evaluate
from unvanish.tasks import TASKS, Task
from unvanish.tasks.recorded import Facts, RecordedTask
from unvanish.tasks.sunspots import Sunspots
from unvanish.tasks.table import Table
from unvanish.tasks.text import Text

STORED = Path(__file__).parent / "numbers.json"
BUDGET = Budget(4, 4, 6, 3, 8, 8, 4, tuning_seeds=(1,), evaluation_seeds=(2,))
RATE = 0.1
PROBED = ("rnn", "lstm")
SEQUENCES = 50  # that a task is described by and a reference predictor is tested on

NO_FACTS = Facts("", (0, 0, 0), 0.0, 0.0, "", 0.0, 1.0)  # in place of baselines that take seconds to measure

Figures = Mapping[str, list[float]]


class Golden(NamedTuple):
    """The numbers of one thing, and by name the versions that they depend on; where the numbers change, one of these is to be raised."""

    versions: Mapping[str, int]
    figures: Figures


def golden() -> dict[str, Golden]:
    """Compute all golden numbers, by a label of what they are of."""
    return {label: numbers for part in parts().values() for label, numbers in part()}


def parts() -> dict[str, Callable[[], Iterator[tuple[str, Golden]]]]:
    """What computes the golden numbers of all tasks, of all reference predictors, and of what is trained with each model, by its name."""
    tasks, references = partial(map, of_task, TASKS.names), partial(map, of_reference, REFERENCES.names)
    return {"tasks": tasks, "references": references, **{model.name: partial(trained, model) for model in models()}}


def labels() -> list[str]:
    """The labels of all golden numbers, of which none is computed."""
    pairs = [f"{model.name} {mitigation}" for model in models() for mitigation in ("none", *first_with(model))]
    return [*(f"task {name}" for name in TASKS.names), *(f"reference {name}" for name in REFERENCES.names), *pairs]


def models() -> list[Model]:
    """All models in the order in which they are trained."""
    return sorted(MODELS, key=lambda model: model.name != "rnn")


def first_with(model: Model) -> dict[str, Combination]:
    """The mitigations that apply to a model and to none before it, by name."""
    found = {name: find(name) for name in MITIGATIONS.names if name != "none"}
    return {name: mitigation for name, mitigation in found.items() if model is next(other for other in models() if not mitigation.not_applicable(other))}


def of_task(name: str) -> tuple[str, Golden]:
    """A projection of drawn sequences on fixed numbers, and the baselines."""
    kind = TASKS[name]
    measured = issubclass(kind, RecordedTask) and kind not in (Table, Text)  # a file of the user's is told from another by the digest among the facts
    task = kind(kind.default_lag, facts=NO_FACTS) if measured else kind(kind.default_lag)
    sequences = task.sample(SEQUENCES, "training", 1)
    figures = {"inputs": [projection(sequences.inputs)], "targets": [projection(sequences.targets)], "baselines": [task.baseline_loss, task.baseline_metric]}
    return f"task {name}", Golden({f"the task {name}": task.version}, figures)


def projection(array: np.ndarray) -> float:
    """One number that changes when an element does or when elements change places."""
    return float(array.ravel().astype(float) @ np.random.default_rng(0).random(array.size))


def of_reference(name: str) -> tuple[str, Golden]:
    """Loss and metric on the first of some tasks that a reference predictor makes sense for."""
    reference = REFERENCES[name]
    makers = (lambda: TASKS["exercise_schedule"](1), lambda: Table(0), lambda: Sunspots(0), lambda: Text(0))
    task = next(task for maker in makers if reference.applies(task := maker()))
    result = evaluate(reference, task, task.sample(SEQUENCES, "test"))
    versions = {f"the reference predictor {name}": reference.version or 1, f"the task {task.name}": task.version}
    return f"reference {name}", Golden(versions, {"test": [result.loss, result.metric]})


def trained(model: Model) -> Iterator[tuple[str, Golden]]:
    """A model without a mitigation, and with every mitigation that no model before it was trained with."""
    task = TASKS["first_symbol"](4, symbols=3, distractors=2)
    for trial in train(task, model, [find("none"), *first_with(model).values()]):
        mitigation = trial.trial.condition.mitigation
        versions = {"the engine": ENGINE_VERSION, f"the task {task.name}": task.version, f"the model {model.name}": model.version}
        yield f"{model.name} {mitigation}", Golden(versions | {f"the mitigation {mitigation}": MITIGATIONS[mitigation].version}, figures_of(trial))


def train(task: Task, model: Model, mitigations: list[Combination]) -> list[TrainedTrial]:
    """One cohort with a trial a mitigation; only two models are probed, since compiling is what takes the time."""
    from unvanish.suite.probes.measurement.program import ProbeProgram
    from unvanish.suite.training.cohort import CohortTrainer
    from unvanish.suite.training.program_size import program_size_for

    conditions = [Condition(task, model.name, mitigation, (RATE,), BUDGET) for mitigation in mitigations]
    trials = [trial for condition in conditions for trial in evaluation_trials(condition, RATE)]
    size = program_size_for(task, model, BUDGET, trials)
    return CohortTrainer(task, model.name, BUDGET, size, mitigations, ProbeProgram if model.name in PROBED else NoProbes, [BUDGET.steps]).train(trials)


class NoProbes:
    """Measures nothing."""

    def __init__(self, *network: Any) -> None: ...

    def measure(self, *network: Any) -> dict[str, Any]:
        return {}


def figures_of(trained: TrainedTrial) -> Figures:
    """Losses, norms and probes of a trial: [evaluation] or [probe] each, those of the gradient through time one after the other."""
    curve, probes = trained.curve, trained.probes
    curves = {name: getattr(curve, name).tolist() for name in ("loss", "training_loss", "gradient_norm", "clipped_share", "update_ratio")}
    probed = {name: figure.ravel().tolist() for name, figure in {**probes.figures, **probes.by_step}.items()}
    return {"test": [trained.loss, trained.metric], **curves, **probed}


def as_data(numbers: Mapping[str, Golden]) -> dict[str, Any]:
    """Plain data for JSON: six digits of every number, and the libraries that computed them."""
    rounded = {
        label: {"versions": dict(each.versions), "figures": {name: [float(f"{value:.6g}") for value in values] for name, values in each.figures.items()}}
        for label, each in numbers.items()
    }
    return {"libraries": library_versions(*LIBRARIES, "scikit-learn"), "numbers": rounded}
