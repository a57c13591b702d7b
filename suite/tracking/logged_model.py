"""A trained trial as a model of MLflow: `mlflow.keras.load_model` and its pages know it, with signature and input example.

The folder is written here and not by `mlflow.keras.log_model`, which imports Keras and with it TensorFlow (some seconds and
hundreds of MB in the process that tracks); a worker, which has Keras loaded, made the .keras file.
"""

from __future__ import annotations

import json
import platform
import re
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Schema, TensorSpec

from unvanish.suite.experiment.trial import Trial
from unvanish.suite.export.encoding import encoding
from unvanish.suite.models import MODELS

MAX_NAME = 250  # characters that MLflow's databases hold of a name


def log_model(client: MlflowClient, experiment_id: str, run_id: str, trial: Trial, keras_file: bytes, tags: dict[str, str]) -> str:
    """Logs the model of a condition's run, trained as `trial`; its address is `models:/` and the id that is returned."""
    condition = trial.condition
    name = model_name(condition.task.name, condition.lag, condition.model, condition.mitigation)
    params = {"learning_rate": str(trial.learning_rate), "seed": str(trial.seed), "hidden_size": str(condition.budget.hidden_size)}
    model_id = client.create_logged_model(experiment_id, name, run_id, tags, params, model_type=condition.model).model_id
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder), trial, keras_file, run_id, model_id)
        client.log_model_artifacts(model_id, folder)
    client.finalize_logged_model(model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model_id, condition.budget.steps)])
    return model_id


def model_name(task: str, lag: int, model: str, mitigation: str) -> str:
    """Return the name of the model of a condition; MLflow forbids some characters in it, among them the point of a number."""
    return re.sub(r"[^\w+=()-]", "_", f"{task}-lag-{lag}-{model}-{mitigation}")[:MAX_NAME]


def write_folder(folder: Path, trial: Trial, keras_file: bytes, run_id: str, model_id: str) -> None:
    """The files of MLflow's Keras flavor: MLmodel, data/model.keras, requirements, and the first validation sequence as input example."""
    condition = trial.condition
    task, architecture = condition.task, MODELS[condition.model]
    described = encoding(task, architecture)
    every_step = not architecture.memoryless and len(task.loss_steps) > 1
    sequence = task.sample(1, "example", 0).inputs  # [1, time, input]
    example = sequence if not architecture.memoryless else sequence[:, -1]
    times, answers = (-1,) if not architecture.memoryless else (), (-1,) if every_step else ()
    inputs = Schema([TensorSpec(np.dtype("float32"), (-1, *times, task.input_size))])
    outputs = Schema([TensorSpec(np.dtype("float32"), (-1, *answers, task.output_size))])

    model = Model(run_id=run_id, model_id=model_id, signature=ModelSignature(inputs, outputs), metadata=described)
    model.add_flavor("keras", data="data", keras_version=version("keras"), keras_backend="tensorflow", save_exported_model=False)
    environment = {"virtualenv": "python_env.yaml"}
    model.add_flavor("python_function", loader_module="mlflow.keras", python_version=platform.python_version(), env=environment)
    model.saved_input_example_info = {"artifact_path": "input_example.json", "type": "ndarray", "format": "tf-serving"}

    requirements = [f"{name}=={version(name)}" for name in ("mlflow", "keras", "tensorflow", "numpy")]
    python = {"python": platform.python_version(), "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]}
    (folder / "data").mkdir()
    (folder / "data" / "model.keras").write_bytes(keras_file)
    (folder / "data" / "keras_module.txt").write_text("keras")
    (folder / "input_example.json").write_text(json.dumps(example.tolist()))
    (folder / "serving_input_example.json").write_text(json.dumps({"inputs": example.tolist()}))
    (folder / "requirements.txt").write_text("\n".join(requirements))
    (folder / "python_env.yaml").write_text(json.dumps(python))  # JSON is YAML
    model.save(str(folder / "MLmodel"))
