"""Everything about how one trial is trained, as numbers and a few words."""

from dataclasses import dataclass
from math import inf
from typing import Literal

Optimizer = Literal["sgd", "rmsprop", "adam"]
Activation = Literal["tanh", "relu"]
RecurrentStart = Literal["gaussian", "orthogonal", "identity"]
GateBias = Literal["standard", "chrono"]
Trained = Literal["all", "output"]


@dataclass(frozen=True)
class Recipe:
    """How one trial is trained; the defaults are the unmitigated recipe, with nothing in it that mitigates.

    optimizer        plain SGD, or RMSprop or Adam by Keras' rules
    clip_norm        threshold for the norm of all gradients together; infinity is off
    clip_value       threshold for each element of the gradients; infinity is off
    truncation       steps a gradient goes back, counted in windows from the end of the sequence; None is the whole way
    activation       of the state (LSTM: of candidate and cell output; GRU: of the candidate), as in Keras
    recurrent_start  initial recurrent weights: Gaussian with standard deviation 1/sqrt(hidden), orthogonal, or identity
    gate_bias        standard: forget gate of an LSTM at 1, all else 0; chrono: Tallec & Ollivier (2018)
    trained          all weights, or those of the output layer alone
    """

    learning_rate: float
    optimizer: Optimizer = "sgd"
    clip_norm: float = inf
    clip_value: float = inf
    truncation: int | None = None
    activation: Activation = "tanh"
    recurrent_start: RecurrentStart = "gaussian"
    gate_bias: GateBias = "standard"
    trained: Trained = "all"
