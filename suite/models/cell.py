"""A layer of gated units: its gates, the equation that joins them, and its initial weights.

At each time step a gate is a function of x W + b + h U, of x W + b alone, or of h U (+ b') alone, and the new states are a
function, elementwise, of the gates and the old states. Shapes: every weight and state carries a leading trial axis. kernel
[trial, input, blocks * hidden] with a block for each gate that sees the input, recurrent_kernel [trial, hidden, blocks * hidden]
with one for each gate that sees the hidden state, bias and recurrent_bias [trial, blocks * hidden], output_kernel
[trial, hidden, output], output_bias [trial, output]; a state is [trial, batch, hidden]. The order of the gates is Keras', so
that weights go there and back without a change.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.models.model import Model, Sizes, Weights
from unvanish.tasks import Task

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Gate:
    """One of the values that a time step computes from the input, the hidden state, or both.

    function    sigmoid, the state's activation (tanh unless a mitigation replaces it), or none
    keeps       1 where an open gate keeps the state, -1 where it overwrites it, 0 for any other
    """

    name: str
    function: Literal["sigmoid", "activation", "identity"]
    input: bool = True
    recurrent: bool = True
    keeps: Literal[-1, 0, 1] = 0


class Cell(Model):
    """A model of one layer of such units and a linear output.

    states        the first one is what the output is read from
    has_input, has_recurrent  which gates have a block in the kernel, and in the recurrent one
    has_activation  whether the state's activation is anywhere in it
    keras_class   the standard Keras layer that computes the same; None where there is none
    """

    gates: ClassVar[tuple[Gate, ...]]
    has_input: ClassVar[tuple[bool, ...]]
    has_recurrent: ClassVar[tuple[bool, ...]]
    states: ClassVar[tuple[str, ...]] = ("hidden",)
    keras_class: ClassVar[str | None] = None
    has_recurrent_bias: ClassVar[bool] = False
    has_activation: ClassVar[bool] = True
    places = frozenset({"initial weights", "cell", "way back", "loss", "gradient", "update"})

    def __init_subclass__(cls) -> None:
        cls.gated = any(gate.function == "sigmoid" for gate in cls.gates)
        cls.exportable = cls.keras_class is not None
        cls.has_input, cls.has_recurrent = (tuple(getattr(gate, of) for gate in cls.gates) for of in ("input", "recurrent"))
        cls.recurrent_blocks = sum(cls.has_recurrent)

    @property
    def input_blocks(self) -> int:
        """Blocks side by side in the kernel."""
        return sum(gate.input for gate in self.gates)

    @abstractmethod
    def combine(self, gates: Sequence[tf.Tensor], states: tuple[tf.Tensor, ...], activation: Callable[[tf.Tensor], tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """The states after one time step from the gates' values and the states before it, all [trial, batch, hidden]."""

    def keras_layer(self, hidden: int, activation: str, **arguments: Any) -> Any:
        """The standard Keras layer that computes the same."""
        import keras

        return getattr(keras.layers, str(self.keras_class))(hidden, activation=activation, **arguments)

    def keras_weights(self, weights: Weights) -> list[NDArray[np.float32]]:
        """The hidden layer's weights of one trial in the order of the Keras layer's `set_weights`."""
        return [weights["kernel"], weights["recurrent_kernel"], weights["bias"]]

    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """Kernels uniform in +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010), recurrent ones Gaussian, biases zero but for `initial_bias`."""
        kernels = [glorot_uniform(self.random("kernel", seed, block), sizes.input, sizes.hidden) for block in range(self.input_blocks)]
        weights = {
            "kernel": np.concatenate(kernels, axis=1),
            "bias": self.initial_bias(sizes),
            "output_kernel": glorot_uniform(self.random("output_kernel", seed, 0), sizes.hidden, sizes.output),
            "output_bias": np.zeros(sizes.output),
        }
        if self.recurrent_blocks:
            blocks = [gaussian(self.random("recurrent_kernel", seed, block), sizes.hidden) for block in range(self.recurrent_blocks)]
            weights["recurrent_kernel"] = np.concatenate(blocks, axis=1)
        if self.has_recurrent_bias:
            weights["recurrent_bias"] = np.zeros(self.recurrent_blocks * sizes.hidden)
        return {name: weight.astype(np.float32) for name, weight in weights.items()}

    def parameters(self, sizes: Sizes) -> int:
        """How many numbers a network of these sizes learns."""
        into_hidden = self.input_blocks * (sizes.input + 1) + self.recurrent_blocks * (sizes.hidden + self.has_recurrent_bias)
        return into_hidden * sizes.hidden + (sizes.hidden + 1) * sizes.output

    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> Any:
        """The standard Keras layer and a dense one."""
        import keras

        shape = (task.input_size,) if self.memoryless else (None, task.input_size)
        layer = self.keras_layer(sizes.hidden, activation, **({} if self.memoryless else {"return_sequences": len(task.loss_steps) > 1}))
        last = keras.layers.Dense(sizes.output, name="value" if task.kind == "regression" else "logits")
        network = keras.Sequential([keras.Input(shape, name=f"{task.name}_inputs"), layer, last], name=f"{task.name}_{self.name}")
        network.layers[0].set_weights(self.keras_weights(weights))
        network.layers[1].set_weights([weights["output_kernel"], weights["output_bias"]])
        return network

    def work(self, sizes: Sizes) -> float:
        """Products and, for each gate of each unit, what as many as 40 of them cost."""
        gates = len(self.gates)
        return gates * sizes.hidden * (sizes.hidden * self.recurrent + sizes.input + 40)

    def remembered(self, sizes: Sizes, steps: int) -> int:
        """States and gates at every step."""
        return steps * sizes.hidden * (len(self.states) + len(self.gates))

    def initial_bias(self, sizes: Sizes) -> NDArray[np.float64]:
        """[input blocks * hidden]."""
        return np.zeros(self.input_blocks * sizes.hidden)


def glorot_uniform(random: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float64]:
    limit = np.sqrt(6 / (fan_in + fan_out))
    return random.uniform(-limit, limit, size=(fan_in, fan_out))


def gaussian(random: np.random.Generator, hidden: int) -> NDArray[np.float64]:
    """Standard deviation 1/sqrt(hidden): the spectral radius is 1 for large sizes (Girko's circular law)."""
    return random.normal(scale=hidden**-0.5, size=(hidden, hidden))
