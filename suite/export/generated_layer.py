"""A Keras layer of a network that Keras has no layer of, as the source of a module that needs Keras and TensorFlow alone.

The equations are those of the model's own file and of its mitigations: `combine` or `build`, and the hooks of the cell, are copied from it
together with what they name. What is written here around them is what the suite computes around them, for one trial.
"""

from __future__ import annotations

import hashlib
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from unvanish.suite.export.source_code import PROJECT, Definitions, NotCopyable, imports_of_project
from unvanish.suite.export.trained_network import TrainedNetwork
from unvanish.suite.mitigations import Mitigation
from unvanish.suite.models import Cell, Gate, Sizes
from unvanish.suite.models.keras_model import at_loss_steps, variables_by_name
from unvanish.suite.models.model import keras_name

if TYPE_CHECKING:
    import keras

HOOKS = ("activation", "transform_preactivations", "transform_states")  # those that act on outputs, not on the training alone
FIRST_LINE = f'"""A Keras layer that {PROJECT} wrote'
FUNCTIONS = {"sigmoid": "tf.sigmoid({})", "activation": "activation({})", "identity": "{}"}
HEADER = (
    FIRST_LINE
    + """, of a network trained on {task} at lag {lag}.

    import keras, {stem}
    network = keras.saving.load_model("{stem}.keras")

It needs nothing of {project}.
\"""

from __future__ import annotations

{imports}
"""
)
CELL = '''@keras.saving.register_keras_serializable("{package}")
class {layer}(keras.layers.Layer):
    """A time step for keras.layers.RNN: [batch, input] and the states before it -> the states after it, [batch, units] each.

    {states}; the first state is the output. Inside a step, the first axis of all values has a single element.
    """

    def __init__(self, units, **arguments):
        super().__init__(**arguments)
        self.units = units

    @property
    def state_size(self):
        return [self.units] * {n_states}

    @property
    def output_size(self):
        return self.units

    def get_config(self):
        return {{**super().get_config(), "units": self.units}}

    def build(self, input_shape):
{weights}

    def call(self, inputs, states):
{step}'''
NETWORK = '''@keras.saving.register_keras_serializable("{package}")
class {layer}(keras.layers.Layer):
    """The network as a layer: [batch, time, input] -> [batch, time, output]."""

    def __init__(self, input_size, hidden_size, output_size, length, **arguments):
        super().__init__(**arguments)
        self.sizes = Sizes(input_size, hidden_size, output_size, length)
        self.network = {model}().build(self.sizes)

    def get_config(self):
        size = self.sizes
        sizes = {{"input_size": size.input, "hidden_size": size.hidden, "output_size": size.output, "length": size.length}}
        return {{**super().get_config(), **sizes}}

    def call(self, inputs):
        return self.network(inputs)'''
SIZES = '''class Sizes(NamedTuple):
    """The sizes of the network; `length` is the number of its time steps."""

    input: int
    hidden: int
    output: int
    length: int'''

CONTEXT = """# what the functions of a mitigation were told when the network was evaluated after its training
CONTEXT = SimpleNamespace(
    step=tf.constant({steps}),
    steps=tf.constant({steps}),
    lag=tf.constant([{lag}]),
    length=tf.constant({length}),
    seed=tf.constant([{seed}]),
    training=False,
)"""


def source_of(network: TrainedNetwork, stem: str) -> str:
    """Return the source of the module, which is to be in a file of this name without its suffix. Raises `NotCopyable`."""
    import keras

    definitions = Definitions()
    definitions.add("keras", keras)
    template, fields = cell_fields(network, definitions) if isinstance(network.model, Cell) else network_fields(network, definitions)
    fields["layer"] = layer_name(network)
    # in a registry of all that a process loads, where another network of the same cell is another entry
    digest = hashlib.sha256("".join([*definitions.code, template.format(package="", **fields)]).encode()).hexdigest()[:12]
    code = "\n\n\n".join([*definitions.code, template.format(package=f"{PROJECT}_{digest}", **fields)])
    imports = "\n".join(sorted(dict.fromkeys(definitions.imports)))
    source = HEADER.format(task=network.task.name, lag=network.lag, stem=stem, imports=imports, project=PROJECT) + "\n\n" + code + "\n"
    if imports_of_project(source):
        raise NotCopyable(f"a function of it imports {PROJECT}")
    return source


def layer_name(network: TrainedNetwork) -> str:
    """Return the name of the generated class."""
    return type(network.model).__name__ + ("Cell" if isinstance(network.model, Cell) else "Network")


def network_fields(network: TrainedNetwork, definitions: Definitions) -> tuple[str, dict[str, Any]]:
    """Copy what builds a Keras model, and return the template of its layer with what is to be filled in."""
    definitions.add("NamedTuple", NamedTuple)
    definitions.register("Sizes", Sizes)
    definitions.code.append(SIZES)
    definitions.copy_class(type(network.model), network.model, ["build"])
    return NETWORK, {"model": type(network.model).__name__}


def cell_fields(network: TrainedNetwork, definitions: Definitions) -> tuple[str, dict[str, Any]]:
    """Copy the equations of a cell and the hooks that change it, and return the template of its layer with what is to be filled in."""
    cell, hooked = network.model, {hook: [part for part in network.mitigations.parts if part.overrides(hook)] for hook in HOOKS}
    assert isinstance(cell, Cell)
    definitions.add("tf", tf)
    definitions.copy_class(type(cell), cell, ["combine"])
    for part in network.mitigations.parts:
        if hooks := [hook for hook in HOOKS if part in hooked[hook]]:
            params = ", ".join(f'"{name}": tf.constant([{float(value)!r}])' for name, value in part.parameters.items())
            definitions.copy_class(type(part), type(part), hooks, f"params = {{{params}}}")
    if any(hooked.values()):
        definitions.add("SimpleNamespace", SimpleNamespace)
        definitions.register("CONTEXT", CONTEXT)
        facts = {"steps": network.steps, "lag": network.lag, "length": network.sizes.length, "seed": network.seed}
        definitions.code.append(CONTEXT.format(**facts))
    fields = {"states": "states: " + ", ".join(cell.states), "n_states": len(cell.states)}
    return CELL, fields | {"weights": indented(weight_lines(cell)), "step": indented(step_lines(cell, hooked))}


def weight_lines(cell: Cell) -> list[str]:
    """Return the lines that add the weights of a cell to its layer, with the names and shapes that they have in training."""
    shapes = {"kernel": f"input_shape[-1], {cell.input_blocks} * self.units", "bias": f"{cell.input_blocks} * self.units,"}
    if cell.recurrent_blocks:
        shapes["recurrent_kernel"] = f"self.units, {cell.recurrent_blocks} * self.units"
        if cell.has_recurrent_bias:
            shapes["recurrent_bias"] = f"{cell.recurrent_blocks} * self.units,"
    return [f'self.{name} = self.add_weight(name="{name}", shape=({shape}))' for name, shape in shapes.items()]


def step_lines(cell: Cell, hooked: dict[str, list[Mitigation]]) -> list[str]:
    """Return the lines of a time step. Axes: one trial, batch, units, since functions of a plug-in expect the trials' axis first."""
    activation = call(hooked["activation"][-1], "activation", "x") if hooked["activation"] else "tf.tanh(x)"
    names = [f"preactivations[{gate}]" for gate in range(len(cell.gates))]
    lines = [f"of_input = tf.split(tf.matmul(inputs, self.kernel)[None] + self.bias, {cell.input_blocks}, axis=-1)"]
    if cell.recurrent_blocks:
        bias = " + self.recurrent_bias" if cell.has_recurrent_bias else ""
        lines.append(f"of_state = tf.split(tf.matmul(states[0], self.recurrent_kernel)[None]{bias}, {cell.recurrent_blocks}, axis=-1)")
    lines += ["states = tuple(state[None] for state in states)", "", "def activation(x):", f"    return {activation}", "", "preactivations = ["]
    lines += [f"    {product},  # {gate.name}" for gate, product in zip(cell.gates, sums(cell.gates), strict=True)] + ["]"]
    if hooked["transform_preactivations"]:
        lines.append(f"of_bias = tf.split(self.bias[None], {cell.input_blocks}, axis=-1)")
        if cell.recurrent_blocks:
            constant = "self.recurrent_bias[None]" if cell.has_recurrent_bias else f"tf.zeros([1, {cell.recurrent_blocks} * self.units])"
            lines.append(f"of_recurrent_bias = tf.split({constant}, {cell.recurrent_blocks}, axis=-1)")
        lines.append(f"bias = [{', '.join(sums(cell.gates, 'of_bias', 'of_recurrent_bias'))}]")
        lines += [f"preactivations = {call(part, 'transform_preactivations', 'preactivations', 'bias')}" for part in hooked["transform_preactivations"]]
    gates = ", ".join(FUNCTIONS[gate.function].format(name) for gate, name in zip(cell.gates, names, strict=True))
    lines += [f"gates = [{gates}]", f"new = {type(cell).__name__}().combine(gates, states, activation)"]
    lines += [f"new = {call(part, 'transform_states', 'new', 'states')}" for part in hooked["transform_states"]]
    return [*lines, "return new[0][0], [state[0] for state in new]"]


def sums(gates: tuple[Gate, ...], of_input: str = "of_input", of_state: str = "of_state") -> list[str]:
    """Return, of each gate, the sum of its blocks of two lists of blocks, in each of which it may have none."""
    terms: list[list[str]] = [[] for _ in gates]
    for name, has_block in ((of_input, [gate.input for gate in gates]), (of_state, [gate.recurrent for gate in gates])):
        for block, gate in enumerate(index for index, has in enumerate(has_block) if has):
            terms[gate].append(f"{name}[{block}]")
    return [" + ".join(term) for term in terms]


def call(part: Mitigation, hook: str, *arguments: str) -> str:
    """Return the call of a hook."""
    owner = type(part).__name__
    return f"{owner}.{hook}({', '.join(arguments)}, CONTEXT, {owner}.params)"


def indented(lines: list[str]) -> str:
    """Return lines as the body of a method of a class."""
    return "\n".join(f"        {line}" if line else "" for line in lines)


def load_module(source: str, stem: str) -> ModuleType:
    """Run the source, which registers its layer at Keras."""
    module = ModuleType(stem)
    exec(compile(source, f"{stem}.py", "exec"), module.__dict__)
    return module


def keras_model(network: TrainedNetwork, module: ModuleType) -> keras.Model:
    """Return a Keras model of the generated layer with the trained weights; see `Model.as_keras`."""
    import keras

    task, model, layer = network.task, network.model, getattr(module, layer_name(network))
    if isinstance(model, Cell):
        cell = layer(network.hidden_size, name="cell")
        every_step = len(task.loss_steps) > 1 and not model.memoryless
        hidden = [keras.layers.RNN(cell, return_sequences=every_step, name=model.name)]
        if model.memoryless:
            hidden.insert(0, keras.layers.Reshape((1, task.input_size)))
        result = model.keras_network(task, network.sizes, hidden, network.weights)
        for variable in cell.variables:
            variable.assign(network.weights[variable.name])
        return result
    sizes = network.sizes
    whole = layer(sizes.input, sizes.hidden, sizes.output, sizes.length, name=model.name)
    for name, variable in variables_by_name(whole.network.variables).items():
        variable.assign(network.weights[name])
    inputs = keras.Input((sizes.length, sizes.input), name=keras_name(task.name, "inputs"))
    return at_loss_steps(task, model.name, inputs, whole(inputs))
