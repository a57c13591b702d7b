"""A trained trial as a plain Keras model of the standard layers, which loads without this project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from suite.models import MODELS, Model, Weights
from tasks import Task
from tasks.errors import WrongUse


def keras_model(task: Task, model: Model, activation: str, weights: Weights) -> Any:
    """The network as a Keras model.

    Recurrent: [batch, time, input] -> [batch, output], or [batch, time, output] for a task with a loss at every step.
    Without recurrence: [batch, input] -> [batch, output], for one time step.
    """
    hidden, output = weights["output_kernel"].shape
    every_step = len(task.loss_steps) > 1
    shape = (None, task.input_size) if model.recurrent else (task.input_size,)
    layer = model.keras_layer(hidden, activation, return_sequences=every_step) if model.recurrent else model.keras_layer(hidden, activation)
    network = keras.Sequential([keras.Input(shape), layer, keras.layers.Dense(output)], name=f"{task.name}_{model.name}")
    network.layers[0].set_weights(model.keras_weights(weights))
    network.layers[1].set_weights([weights["output_kernel"], weights["output_bias"]])
    return network


def export(params: dict[str, str], plan: dict[str, Any], weights: Weights, path: Path) -> None:
    """Writes a trial read back from tracking to `path`; raises `WrongUse` where that is no place for a .keras file."""
    from suite.profile import make_task

    if path.suffix != ".keras":
        raise WrongUse(f"the file to export to is {path}; its name must end in .keras")
    if not path.parent.is_dir():
        raise WrongUse(f"the folder {path.parent} does not exist; create it or give another place")
    sizes = next(entry["parameters"] for entry in plan["tasks"] if entry["task"] == params["task"])
    task = make_task(params["task"], int(params["lag"]), sizes)
    try:
        keras_model(task, MODELS[params["model"]], params.get("activation", "tanh"), weights).save(path)
    except OSError as error:
        raise WrongUse(f"{path} cannot be written ({error.strerror}); give another place") from None
