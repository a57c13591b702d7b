"""A trained trial as a plain Keras model of the standard layers, which loads without this project."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from unvanish.suite.experiment.best_trial import best_trial
from unvanish.suite.experiment.plan import Condition
from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.trial import Result
from unvanish.suite.export.encoding import encoding
from unvanish.suite.mitigations import Combination, find
from unvanish.suite.models import MODELS, Model, Sizes, Weights
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError

ENCODING_FILE = "unvanish.json"  # in the .keras file, which is a zip archive; Keras leaves what it does not know alone


def save(task: Task, model: Model, hidden: int, mitigations: Combination, weights: Weights, path: Path) -> None:
    """Writes a .keras file with what its inputs and outputs are in it; raises `UsageError` where no standard layer computes the same."""
    activation = mitigations.keras_activation
    if activation is None or not model.exportable:
        raise UsageError(f"a trial of {model.name} with {mitigations.name} cannot be exported, since no standard Keras layer computes it; choose another trial")
    model.as_keras(task, Sizes(task.input_size, hidden, task.output_size, task.length), weights, activation).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(ENCODING_FILE, json.dumps(encoding(task, model), indent=2))


def best_models(results: Sequence[Result]) -> dict[str, bytes]:
    """The best evaluation trial of each condition that Keras can express, as the content of a .keras file, by the condition's fingerprint."""
    by_condition: dict[str, list[Result]] = {}
    for result in results:
        by_condition.setdefault(result.trial.condition.fingerprint, []).append(result)
    best = {fingerprint: best_trial(of_condition) for fingerprint, of_condition in by_condition.items() if is_exportable(of_condition[0].trial.condition)}
    return {fingerprint: as_bytes(result) for fingerprint, result in best.items() if result}


def is_exportable(condition: Condition) -> bool:
    """Return whether standard Keras layers compute what its trials do."""
    return MODELS[condition.model].exportable and condition.mitigations.keras_activation is not None


def as_bytes(result: Result) -> bytes:
    """Return a trained trial as the content of a .keras file."""
    assert result.trained is not None
    condition = result.trial.condition
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save(condition.task, MODELS[condition.model], condition.budget.hidden_size, condition.mitigations, result.trained.weights, path)
        return path.read_bytes()


def export(params: Mapping[str, str], plan: PlanRecord, weights: Weights, path: Path) -> dict[str, Any]:
    """Writes a trial read back from tracking to `path`, and returns what its inputs and outputs are.

    Raises `UsageError` where that is no place for a .keras file.
    """
    from unvanish.suite.experiment.profile import make_task

    if path.suffix != ".keras":
        raise UsageError(f"the file to export to is {path}; its name must end in .keras")
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist; create it or give another place")
    lag = int(params["lag"])
    task, model = make_task(params["task"], lag, plan.task(params["task"], lag).parameters), MODELS[params["model"]]
    try:
        save(task, model, int(params["hidden_size"]), find(params["mitigation"]), weights, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); give another place") from None
    return encoding(task, model)
