"""A condition as Keras code to copy: the layer, where it starts, the optimizer and what is done to the gradient.

The code is plain Keras 3 and needs nothing of this project. Where Keras' own defaults differ from the recipe that was measured, it says so by
setting them: the recurrent weights (Keras' are orthogonal) and, for the gates, the range of the input weights (Keras takes all gates for one).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from suite.mitigations import find
from suite.models import MODELS, Model
from suite.profile import make_task
from suite.recipe import Recipe
from tasks import Task

LAYERS = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
OPTIMIZERS = {"sgd": "SGD({rate})", "rmsprop": "RMSprop({rate}, rho=0.9, epsilon=1e-7)", "adam": "Adam({rate})"}
RECURRENT_STARTS = {
    "gaussian": "keras.initializers.RandomNormal(stddev=units**-0.5)",
    "orthogonal": "keras.initializers.Orthogonal()",
    "identity": "keras.initializers.Identity()",
}
ORTHOGONAL_GATES = """
def orthogonal_gates(shape, dtype=None):
    blocks = [keras.initializers.Orthogonal()((units, units), dtype) for _ in range(shape[1] // units)]
    return keras.ops.concatenate(blocks, axis=1)
"""
CHRONO = {
    "lstm": """
def chrono(shape, dtype=None):  # input, forget, cell, output gate
    forget = keras.ops.log(keras.random.uniform((units,), 1.0, {longest}))
    rest = keras.ops.zeros((2 * units,))
    return keras.ops.concatenate([-forget, forget, rest])
""",
    "gru": """
def chrono(shape, dtype=None):  # update, reset gate, candidate; the second row is the recurrent bias
    update = keras.ops.log(keras.random.uniform((units,), 1.0, {longest}))
    first = keras.ops.concatenate([update, keras.ops.zeros((2 * units,))])
    return keras.ops.stack([first, keras.ops.zeros((3 * units,))])
""",
}
WHOLE = """inputs = keras.Input((length, {inputs}))
states = layer(inputs)
"""
WINDOWS = """# The gradient goes back within windows of {window} steps, counted from the end of the sequence.
inputs = keras.Input((length, {inputs}))
start = length % {window} or min(length, {window})
states, *last = layer(inputs[:, :start])
{first}while start < length:
    kept = [keras.ops.stop_gradient(state) for state in last]
    states, *last = layer(inputs[:, start : start + {window}], initial_state=kept)
{append}    start += {window}
{join}"""


def keras_code(plan: Mapping[str, Any], condition: Mapping[str, Any], learning_rate: float) -> str:
    """The code for a condition of a plan at a learning rate; empty for a model or a recipe that has no such code.

    A condition has task, lag, model, mitigation and hidden_size. Controls have none: a frozen state is nothing to copy.
    """
    profile = plan["profile"]
    recipe = Recipe(learning_rate, **changes(condition["mitigation"], profile))
    if condition["model"] not in LAYERS or recipe.trained != "all":
        return ""
    parameters = next(entry["parameters"] for entry in plan["tasks"] if (entry["task"], entry["lag"]) == (condition["task"], condition["lag"]))
    task, model = make_task(condition["task"], int(condition["lag"]), parameters), MODELS[condition["model"]]
    sections = ["import keras\n", f"units, length = {condition['hidden_size']}, {task.length}  # {task.name} at lag {task.lag}", functions(task, model, recipe)]
    sections += [layer(task, model, recipe, int(condition["hidden_size"])), states(task, recipe), compiled(task, recipe, profile["batch_size"])]
    return "\n".join(section.strip("\n") for section in sections if section) + "\n"


def changes(mitigation: str, profile: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the recipe that a mitigation sets with the parameters of a profile."""
    found = find(mitigation, profile.get("mitigation"))
    return dict(found.change(**found.parameters))


def functions(task: Task, model: Model, recipe: Recipe) -> str:
    """Initializers that Keras does not have."""
    text = ORTHOGONAL_GATES if recipe.recurrent_start == "orthogonal" and model.gated else ""
    if recipe.gate_bias == "chrono":
        text += CHRONO[model.name].format(longest=f"{max(task.length - 1, 1)}.0")
    return f"\n{text}\n"


def layer(task: Task, model: Model, recipe: Recipe, hidden: int) -> str:
    start = "orthogonal_gates" if recipe.recurrent_start == "orthogonal" and model.gated else RECURRENT_STARTS[recipe.recurrent_start]
    arguments = [f'activation="{recipe.activation}"', f"recurrent_initializer={start}"]
    if model.gated:
        limit = (6 / (task.input_size + hidden)) ** 0.5
        arguments.append(f"kernel_initializer=keras.initializers.RandomUniform({-limit:.4f}, {limit:.4f})")
    if recipe.gate_bias == "chrono":
        arguments += ["bias_initializer=chrono"] + ["unit_forget_bias=False"] * (model.name == "lstm")
    if every_step(task):
        arguments.append("return_sequences=True")
    if recipe.truncation:
        arguments.append("return_state=True")
    return f"layer = keras.layers.{LAYERS[model.name]}(\n    units,\n" + "".join(f"    {argument},\n" for argument in arguments) + ")\n"


def states(task: Task, recipe: Recipe) -> str:
    if not recipe.truncation:
        return WHOLE.format(inputs=task.input_size)
    steps = {"first": "", "append": "", "join": ""}
    if every_step(task):
        steps = {"first": "parts = [states]\n", "append": "    parts.append(states)\n", "join": "states = keras.ops.concatenate(parts, axis=1)\n"}
    return WINDOWS.format(window=recipe.truncation, inputs=task.input_size, **steps)


def compiled(task: Task, recipe: Recipe, batch_size: int) -> str:
    limits = {"global_clipnorm": recipe.clip_norm, "clipvalue": recipe.clip_value}
    optimizer = OPTIMIZERS[recipe.optimizer].format(rate=repr(float(f"{recipe.learning_rate:g}")))  # Keras refuses a rate of 1, which is no float
    optimizer = ", ".join([optimizer[:-1], *(f"{name}={value:g}" for name, value in limits.items() if value < inf)]) + ")"
    loss = '"mean_squared_error"' if task.kind == "regression" else "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
    return (
        f"model = keras.Model(inputs, keras.layers.Dense({task.output_size})(states))\n"
        f"model.compile(\n    optimizer=keras.optimizers.{optimizer},\n    loss={loss},\n)\n"
        f"# model.fit(x, y, batch_size={batch_size}), x of shape [sequences, {task.length}, {task.input_size}]\n"
    )


def every_step(task: Task) -> bool:
    """Whether there is a loss at every step, not at the last one alone."""
    return len(task.loss_steps) > 1
