"""What every architecture has in common: its gates, the equation that joins them, and initial weights drawn on the host.

At each time step a gate is a function of x W + b + h U, of x W + b alone, or of h U (+ b') alone, and the new states are a
function, elementwise, of the gates and the old states. Shapes: every weight and state carries a leading trial axis. kernel
[trial, input, blocks * hidden] with a block for each gate that sees the input, recurrent_kernel [trial, hidden, blocks * hidden]
with one for each gate that sees the hidden state, bias and recurrent_bias [trial, blocks * hidden], output_kernel
[trial, hidden, output], output_bias [trial, output]; a state is [trial, batch, hidden]. The order of the gates is Keras', so
that weights go there and back without a change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from suite.recipe import Recipe
from tasks.streams import generator

if TYPE_CHECKING:
    import tensorflow as tf

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Sizes:
    """The sizes of one network; `length` is the number of time steps it will see."""

    input: int
    hidden: int
    output: int
    length: int


@dataclass(frozen=True)
class Gate:
    """One of the values that a time step computes from the input, the hidden state, or both.

    function    sigmoid, the recipe's activation (tanh or ReLU), or none
    """

    name: str
    function: Literal["sigmoid", "activation", "identity"]
    input: bool = True
    recurrent: bool = True


class Model(ABC):
    """An architecture."""

    name: ClassVar[str]
    summary: ClassVar[str]
    reference: ClassVar[str]
    rows: ClassVar[str]  # of the source document that the model demonstrates
    position: ClassVar[int]
    gates: ClassVar[tuple[Gate, ...]]
    states: ClassVar[tuple[str, ...]] = ("hidden",)  # the first one is what the output is read from
    has_recurrent_bias: ClassVar[bool] = False

    @property
    def recurrent(self) -> bool:
        """Whether what came before can matter."""
        return any(gate.recurrent for gate in self.gates)

    @property
    def gated(self) -> bool:
        """Whether there are gates proper, which let a share of something through."""
        return any(gate.function == "sigmoid" for gate in self.gates)

    @abstractmethod
    def combine(self, gates: Sequence[tf.Tensor], states: tuple[tf.Tensor, ...], activation: Callable[[tf.Tensor], tf.Tensor]) -> tuple[tf.Tensor, ...]:
        """The states after one time step from the gates' values and the states before it, all [trial, batch, hidden]."""

    @abstractmethod
    def keras_layer(self, hidden: int, activation: str, **arguments: Any) -> Any:
        """The standard Keras layer that computes the same."""

    def keras_weights(self, weights: Weights) -> list[NDArray[np.float32]]:
        """The hidden layer's weights of one trial in the order of the Keras layer's `set_weights`."""
        return [weights["kernel"], weights["recurrent_kernel"], weights["bias"]]

    def initial_weights(self, sizes: Sizes, recipe: Recipe, seed: int) -> Weights:
        """The weights of one trial before training, without the trial axis.

        Kernels are uniform in +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010), recurrent kernels as the recipe says,
        biases zero but for `initial_bias`. Each weight has random numbers of its own, so a recipe that changes one of them
        leaves the others as they were.
        """
        input_blocks, recurrent_blocks = (sum(getattr(gate, side) for gate in self.gates) for side in ("input", "recurrent"))
        kernels = [glorot_uniform(self.random("kernel", seed, block), sizes.input, sizes.hidden) for block in range(input_blocks)]
        weights = {
            "kernel": np.concatenate(kernels, axis=1),
            "bias": self.initial_bias(sizes, recipe, self.random("bias", seed, 0)),
            "output_kernel": glorot_uniform(self.random("output_kernel", seed, 0), sizes.hidden, sizes.output),
            "output_bias": np.zeros(sizes.output),
        }
        if self.recurrent:
            start = RECURRENT_STARTS[recipe.recurrent_start]
            blocks = [start(self.random("recurrent_kernel", seed, block), sizes.hidden) for block in range(recurrent_blocks)]
            weights["recurrent_kernel"] = np.concatenate(blocks, axis=1)
        if self.has_recurrent_bias:
            weights["recurrent_bias"] = np.zeros(recurrent_blocks * sizes.hidden)
        return {name: weight.astype(np.float32) for name, weight in weights.items()}

    def parameters(self, sizes: Sizes) -> int:
        """How many numbers a network of these sizes learns."""
        input_blocks, recurrent_blocks = (sum(getattr(gate, side) for gate in self.gates) for side in ("input", "recurrent"))
        into_hidden = input_blocks * (sizes.input + 1) + recurrent_blocks * (sizes.hidden + self.has_recurrent_bias)
        return into_hidden * sizes.hidden + (sizes.hidden + 1) * sizes.output

    def initial_bias(self, sizes: Sizes, recipe: Recipe, random: np.random.Generator) -> NDArray[np.float64]:
        return np.zeros(sum(gate.input for gate in self.gates) * sizes.hidden)

    def random(self, weight: str, seed: int, block: int) -> np.random.Generator:
        return generator("weights", seed, ("kernel", "recurrent_kernel", "bias", "output_kernel").index(weight), block)


def glorot_uniform(random: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float64]:
    limit = np.sqrt(6 / (fan_in + fan_out))
    return random.uniform(-limit, limit, size=(fan_in, fan_out))


def gaussian(random: np.random.Generator, hidden: int) -> NDArray[np.float64]:
    """Standard deviation 1/sqrt(hidden): the spectral radius is 1 for large sizes (Girko's circular law)."""
    return random.normal(scale=hidden**-0.5, size=(hidden, hidden))


def orthogonal(random: np.random.Generator, hidden: int) -> NDArray[np.float64]:
    """Uniform over the orthogonal matrices: QR of a Gaussian matrix with the signs of R's diagonal (Mezzadri 2007)."""
    q, r = np.linalg.qr(random.normal(size=(hidden, hidden)))
    return q * np.sign(np.diag(r))


def identity(random: np.random.Generator, hidden: int) -> NDArray[np.float64]:
    """Le et al. (2015)."""
    return np.eye(hidden)


RECURRENT_STARTS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "gaussian": gaussian,
    "orthogonal": orthogonal,
    "identity": identity,
}


def chrono_bias(random: np.random.Generator, sizes: Sizes) -> NDArray[np.float64]:
    """log U[1, T - 1] with T the length of the sequences: gates that forget after 1 .. T steps (Tallec & Ollivier 2018)."""
    return np.log(random.uniform(1, max(sizes.length - 1, 1), size=sizes.hidden))
