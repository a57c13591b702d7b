"""A trained trial as a model of MLflow: `mlflow.keras.load_model` and its pages know it, with signature and input example.

The folder is written here and not by `mlflow.keras.log_model`, which imports Keras and with it TensorFlow (some seconds and
hundreds of MB in the process that tracks); a worker, which has Keras loaded, made the .keras file.
"""

from __future__ import annotations

import json
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Schema, TensorSpec

from unvanish.suite.experiment.trial import Result, Trial
from unvanish.suite.export.encoding import encoding
from unvanish.suite.models import MODELS
from unvanish.suite.tracking.staged import StagedModel

MAX_NAME = 250  # characters that MLflow's databases hold of a name


def model_name(task: str, lag: int, model: str, mitigation: str) -> str:
    """Return the name of the model of a condition; MLflow forbids some characters in it, among them the point of a number."""
    return re.sub(r"[^\w+=()-]", "_", f"{task}-lag-{lag}-{model}-{mitigation}")[:MAX_NAME]


def describe_model(best: Result, row: int) -> StagedModel:
    """Describe the model of a condition; `best` is its best evaluation trial, in this row of the table of trials."""
    trial, condition = best.trial, best.trial.condition
    return StagedModel(
        name=model_name(condition.task.name, condition.lag, condition.model, condition.mitigation),
        model_type=condition.model,
        row=row,
        tags={"score": f"{best.score:g}"},
        params={"learning_rate": str(trial.learning_rate), "seed": str(trial.seed), "hidden_size": str(condition.budget.hidden_size)},
        step=condition.budget.steps,
        mlmodel=mlmodel(trial),
    )


def mlmodel(trial: Trial) -> dict[str, Any]:
    """The content of the file MLmodel of MLflow's Keras flavor, without the ids of run and model."""
    condition = trial.condition
    task, architecture = condition.task, MODELS[condition.model]
    every_step = not architecture.memoryless and len(task.loss_steps) > 1
    times, answers = (-1,) if not architecture.memoryless else (), (-1,) if every_step else ()
    inputs = Schema([TensorSpec(np.dtype("float32"), (-1, *times, task.input_size))])
    outputs = Schema([TensorSpec(np.dtype("float32"), (-1, *answers, task.output_size))])
    model = Model(signature=ModelSignature(inputs, outputs), metadata=encoding(task, architecture))
    model.add_flavor("keras", data="data", keras_version=version("keras"), keras_backend="tensorflow", save_exported_model=False)
    environment = {"virtualenv": "python_env.yaml"}
    model.add_flavor("python_function", loader_module="mlflow.keras", python_version=platform.python_version(), env=environment)
    model.saved_input_example_info = {"artifact_path": "input_example.json", "type": "ndarray", "format": "tf-serving"}
    return model.to_dict()


def write_model_files(folder: Path, trial: Trial, keras_file: bytes) -> None:
    """The files of MLflow's Keras flavor but for MLmodel: data/model.keras, requirements, and the first validation sequence as input example."""
    task, architecture = trial.condition.task, MODELS[trial.condition.model]
    sequence = task.sample(1, "example", 0).inputs  # [1, time, input]
    example = sequence if not architecture.memoryless else sequence[:, -1]
    requirements = [f"{name}=={version(name)}" for name in ("mlflow", "keras", "tensorflow", "numpy")]
    python = {"python": platform.python_version(), "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]}
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "model.keras").write_bytes(keras_file)
    (folder / "data" / "keras_module.txt").write_text("keras")
    (folder / "input_example.json").write_text(json.dumps(example.tolist()))
    (folder / "serving_input_example.json").write_text(json.dumps({"inputs": example.tolist()}))
    (folder / "requirements.txt").write_text("\n".join(requirements))
    (folder / "python_env.yaml").write_text(json.dumps(python))  # JSON is YAML
