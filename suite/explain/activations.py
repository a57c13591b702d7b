"""The functions g of the equations, each with its derivative g'."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """g, and g' written as a function of the value h = g(z), which is what a forward pass keeps."""

    name: str
    g: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def sigmoid(z: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # 1 / (1 + exp(-z)), which would overflow


TANH = Activation("tanh", np.tanh, lambda h: 1.0 - h**2)
RELU = Activation("ReLU", lambda z: np.maximum(z, 0.0), lambda h: (h > 0.0).astype(float))
SIGMOID = Activation("sigmoid", sigmoid, lambda h: h * (1.0 - h))
