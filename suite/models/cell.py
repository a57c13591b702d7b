"""The base class of cells: the gates, the equation that combines them, and the initial weights.

At each time step a gate is a function of x W + b + h U, of x W + b alone, or of h U (+ b') alone, and the new states are an
elementwise function of the gates and the old states. Inside a program every weight and state has a leading trial axis:

    kernel            [trial, input, blocks * hidden], a block for each gate that depends on the input
    recurrent_kernel  [trial, hidden, blocks * hidden], a block for each gate that depends on the hidden state
    bias              [trial, blocks * hidden], recurrent_bias likewise
    output_kernel     [trial, hidden, output]
    output_bias       [trial, output]
    a state           [trial, batch, hidden]

The order of the gates is that of Keras, so that weights are exchanged with its layers unchanged.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.models.effect import Effect
from unvanish.suite.models.model import Model, Sizes, Weights, keras_name
from unvanish.suite.silence_stderr import silence_stderr
from unvanish.tasks import Task

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Gate:
    """A value that each time step computes from the input, the hidden state, or both.

    function    sigmoid, the activation of the state (tanh unless a mitigation replaces it), or none
    input       whether it depends on the input
    recurrent   whether it depends on the hidden state
    keeps       1 where an open gate keeps the state, -1 where it overwrites it, 0 for any other
    """

    name: str
    function: Literal["sigmoid", "activation", "identity"]
    input: bool = True
    recurrent: bool = True
    keeps: Literal[-1, 0, 1] = 0


class Cell(Model):
    """A recurrent layer and a linear readout.

    gates           the values that each time step computes, in Keras' order
    has_input       which gates have a block in the kernel
    has_recurrent   which gates have a block in the recurrent kernel
    states          names of the states; the readout is of the first
    keras_class     the standard Keras layer that computes the same; None where there is none
    has_recurrent_bias  whether there is a bias in the recurrent product, as in Keras' GRU
    """

    gates: ClassVar[tuple[Gate, ...]]
    has_input: ClassVar[tuple[bool, ...]]
    has_recurrent: ClassVar[tuple[bool, ...]]
    states: ClassVar[tuple[str, ...]] = ("hidden",)
    keras_class: ClassVar[str | None] = None
    has_recurrent_bias: ClassVar[bool] = False
    hook_points = frozenset({"initial weights", "inputs", "cell", "backward pass through time", "loss", "gradient", "update"})

    def __init_subclass__(cls) -> None:
        cls.gated = any(gate.function == "sigmoid" for gate in cls.gates)
        cls.has_input, cls.has_recurrent = (tuple(getattr(gate, source) for gate in cls.gates) for source in ("input", "recurrent"))
        cls.recurrent_blocks = sum(cls.has_recurrent)

    @property
    def input_blocks(self) -> int:
        """Number of blocks side by side in the kernel."""
        return sum(gate.input for gate in self.gates)

    @property
    def candidate_blocks(self) -> tuple[int, ...]:
        """Positions in the recurrent kernel of the blocks that lead to a new state and not to a gate: those without a sigmoid."""
        functions = [gate.function for gate in self.gates if gate.recurrent]
        return tuple(index for index, function in enumerate(functions) if function != "sigmoid")

    @cached_property
    def has_activation(self) -> bool:
        """Whether the cell uses the activation of the state: as the function of a gate, or in `combine`, which is called with numbers to see that.

        It is taken to use it where `combine` cannot be called with NumPy arrays.
        """
        if any(gate.function == "activation" for gate in self.gates):
            return True
        called = []

        def activation(x: Any) -> Any:
            called.append(True)
            return x

        gates, states = ([np.full((1, 1, 8), 0.5, np.float32) for _ in each] for each in (self.gates, self.states))  # [trial, batch, hidden]
        try:
            with silence_stderr():  # it may be the first to load TensorFlow
                self.combine(gates, tuple(states), activation)
        except Exception:  # said where the cell is trained or checked
            return True
        return bool(called)

    @abstractmethod
    def combine(self, gates: Sequence[tf.Tensor], states: tuple[tf.Tensor, ...], activation: Callable[[tf.Tensor], tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """Return the states after a time step from the values of the gates and the states before it, all [trial, batch, hidden]."""

    def keras_layer(self, hidden: int, activation: str, **arguments: Any) -> Any:
        """Return the standard Keras layer that computes the same."""
        import keras

        return getattr(keras.layers, str(self.keras_class))(hidden, activation=activation, **arguments)

    def keras_weights(self, weights: Weights) -> list[NDArray[np.float32]]:
        """Return the hidden layer's weights of one trial in the order of the Keras layer's `set_weights`."""
        return [weights["kernel"], weights["recurrent_kernel"], weights["bias"]]

    def initial_weights(self, sizes: Sizes, seed: int) -> Weights:
        """Draw kernels uniformly from +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010), recurrent ones from a Gaussian; biases are `initial_bias`."""
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
        """Return the number of trainable parameters."""
        into_hidden = self.input_blocks * (sizes.input + 1) + self.recurrent_blocks * (sizes.hidden + self.has_recurrent_bias)
        return into_hidden * sizes.hidden + (sizes.hidden + 1) * sizes.output

    def as_keras(self, task: Task, sizes: Sizes, weights: Weights, activation: str) -> Any:
        """Return a model of the standard Keras layer and a dense one."""
        sequences = {} if self.memoryless else {"return_sequences": len(task.loss_steps) > 1}
        layer = self.keras_layer(sizes.hidden, activation, **sequences)
        network = self.keras_network(task, sizes, [layer], weights)
        layer.set_weights(self.keras_weights(weights))
        return network

    def keras_network(self, task: Task, sizes: Sizes, hidden: Sequence[Any], weights: Weights) -> Any:
        """Return a Keras model of these layers and a dense one, which has the trained weights of the readout."""
        import keras

        shape = (task.input_size,) if self.memoryless else (None, task.input_size)
        last = keras.layers.Dense(sizes.output, name="value" if task.kind == "regression" else "logits")
        network = keras.Sequential([keras.Input(shape, name=keras_name(task.name, "inputs")), *hidden, last], name=keras_name(task.name, self.name))
        last.set_weights([weights["output_kernel"], weights["output_bias"]])
        return network

    def flops(self, sizes: Sizes) -> float:
        """Count the products of the kernels and the equivalent of 40 for the functions of each gate of each unit."""
        gates = len(self.gates)
        return gates * sizes.hidden * (sizes.hidden * self.recurrent + sizes.input + 40)

    def activation_count(self, sizes: Sizes, steps: int) -> int:
        """Count the states and gates of every time step."""
        return steps * sizes.hidden * (len(self.states) + len(self.gates))

    def explain(self, effect: Effect) -> str:
        """Return a sentence on what it did in place of the tiny network of `unvanish explain`.

        That shows the gated cells that override this and have a gate which is the activation of input and state.
        """
        raise NotImplementedError

    def initial_bias(self, sizes: Sizes) -> NDArray[np.float64]:
        """Return the initial bias, [input blocks * hidden]."""
        return np.zeros(self.input_blocks * sizes.hidden)


def glorot_uniform(random: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float64]:
    """Draw a kernel [fan in, fan out] uniformly from +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010)."""
    limit = np.sqrt(6 / (fan_in + fan_out))
    return random.uniform(-limit, limit, size=(fan_in, fan_out))


def gaussian(random: np.random.Generator, hidden: int) -> NDArray[np.float64]:
    """Draw a square matrix with standard deviation 1/sqrt(hidden), whose spectral radius is 1 for large sizes (Girko's circular law)."""
    return random.normal(scale=hidden**-0.5, size=(hidden, hidden))
