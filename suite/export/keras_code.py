"""A condition as Keras code to copy: the layer, where it starts, the optimizer and what is done to the gradient.

The code is plain Keras 3 and needs nothing of this project; what a mitigation changes in it is said in the mitigation's own file. Where
Keras' own defaults differ from the training that was measured, the code says so by setting them: the recurrent weights (Keras' are
orthogonal) and, for the gates, the range of the input weights (Keras takes all gates for one).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.mitigations import MITIGATIONS, KerasCode, find, names_of_parts
from unvanish.suite.models import MODELS, Cell
from unvanish.tasks import TASKS, Task
from unvanish.tasks.names import is_name

GAUSSIAN = "keras.initializers.RandomNormal(stddev=units**-0.5)"
WHOLE = """inputs = keras.Input((length, {inputs}))
states = layer(inputs)
"""
WINDOWS = """# The gradient goes back within windows of {window} steps, counted from the end of the sequence.
inputs = keras.Input((length, {inputs}))
start = length % {window} or min(length, {window})
states, *last = layer(inputs[:, :start])
{first}while start < length:
    constant = [keras.ops.stop_gradient(state) for state in last]
    states, *last = layer(inputs[:, start : start + {window}], initial_state=constant)
{append}    start += {window}
{join}"""


def keras_code(plan: PlanRecord, condition: Mapping[str, Any], learning_rate: float) -> str:
    """Return the code for a condition of a plan at a learning rate; empty for a model or a mitigation that has no such code.

    A condition has task, lag, model, mitigation and hidden_size. Controls have none: a frozen state is nothing to copy.
    """
    name, _, label = condition["task"].partition(":")
    if (
        name not in TASKS.names
        or (label and not is_name(label))
        or condition["model"] not in MODELS.names
        or not set(names_of_parts(condition["mitigation"])) <= set(MITIGATIONS.names)
    ):
        return ""  # of a plug-in that this process does not know, or with a label that is not allowed here
    model = MODELS[condition["model"]]
    if not isinstance(model, Cell) or not model.recurrent or model.keras_class is None:
        return ""
    task = make_task(condition["task"], int(condition["lag"]), plan.task(condition["task"], condition["lag"]).parameters)
    code = find(condition["mitigation"], plan.profile.mitigation).keras_code(model)
    if code is None:
        return ""
    sections = ["import keras\n", f"units, length = {condition['hidden_size']}, {task.length}  # {task.name} at lag {task.lag}", f"\n{code.functions}\n"]
    sections += [layer(task, model, code, int(condition["hidden_size"])), states(task, code), compiled(task, code, learning_rate, plan.profile.batch_size)]
    return "\n".join(section.strip("\n") for section in sections if section) + "\n"


def layer(task: Task, model: Cell, code: KerasCode, hidden: int) -> str:
    """Return the recurrent layer: what is measured here, then what the mitigation changes of it, then what the task needs."""
    arguments = {"activation": '"tanh"', "recurrent_initializer": GAUSSIAN}
    if model.gated:
        limit = (6 / (task.input_size + hidden)) ** 0.5
        arguments["kernel_initializer"] = f"keras.initializers.RandomUniform({-limit:.4f}, {limit:.4f})"
    arguments |= code.layer
    if several_steps(task):
        arguments["return_sequences"] = "True"
    if code.window:
        arguments["return_state"] = "True"
    return f"layer = keras.layers.{model.keras_class}(\n    units,\n" + "".join(f"    {name}={value},\n" for name, value in arguments.items()) + ")\n"


def states(task: Task, code: KerasCode) -> str:
    """Return the layer called on the inputs, within windows where backpropagation is truncated."""
    asked = asked_states(task)
    if not code.window:
        return WHOLE.format(inputs=task.input_size) + asked
    steps = {"first": "", "append": "", "join": ""}
    if several_steps(task):
        steps = {"first": "parts = [states]\n", "append": "    parts.append(states)\n", "join": "states = keras.ops.concatenate(parts, axis=1)\n"}
    return WINDOWS.format(window=code.window, inputs=task.input_size, **steps) + asked


def asked_states(task: Task) -> str:
    """Return the choice of the states after which the task asks; empty where these are all that there are."""
    steps, length = list(task.loss_steps), task.length
    if not several_steps(task) or len(steps) == length:
        return ""
    stride = steps[1] - steps[0]
    if steps == list(range(steps[0], length, stride)):
        return f"states = states[:, {steps[0]}::{stride}]\n" if stride > 1 else f"states = states[:, {steps[0]}:]\n"
    return f"states = keras.ops.take(states, {steps}, axis=1)\n"


def compiled(task: Task, code: KerasCode, learning_rate: float, batch_size: int) -> str:
    """Return the model with its output, loss and optimizer."""
    optimizer = code.optimizer_call(repr(float(f"{learning_rate:g}")))  # Keras refuses a rate of 1, which is no float
    output = [f"{name}={value}" for name, value in code.output.items()]
    loss = '"mean_squared_error"' if task.kind == "regression" else "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
    return (
        f"model = keras.Model(inputs, keras.layers.Dense({', '.join([str(task.output_size), *output])})(states))\n"
        f"model.compile(\n    optimizer=keras.optimizers.{optimizer},\n    loss={loss},\n)\n"
        f"# model.fit(x, y, batch_size={batch_size}), x of shape [sequences, {task.length}, {task.input_size}]\n"
    )


def several_steps(task: Task) -> bool:
    """Return whether there is a loss at several steps, not at the last one alone."""
    return len(task.loss_steps) > 1
