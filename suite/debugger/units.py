"""Units that pass no gradient on: a ReLU that is never above zero, a sigmoid or tanh at an end of its range (Glorot & Bengio 2010)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.architecture import activation_name
from unvanish.suite.probes.saturated import SATURATED_SLOPE, SATURATED_TIME

SLOPES = {"tanh": lambda y: 1 - y**2, "sigmoid": lambda y: 4 * y * (1 - y)}  # relative to the largest slope


def gated(layer: Any) -> bool:
    """Return whether a layer's outputs are no direct outputs of its activation: those of an LSTM or GRU are a product or a mean."""
    return isinstance(layer, keras.layers.RNN) and not isinstance(layer, keras.layers.SimpleRNN)


def unit_shares(layer: Any, outputs: list[Any], through_time: list[Any]) -> dict[str, float]:
    """The `dead_share` or `saturated_share` of a layer's units over all samples and steps of a batch; nothing for other activations.

    A recurrent layer is judged by its outputs at all steps, `through_time`, whichever of them it puts out.
    """
    name = activation_name(layer)
    if gated(layer) or name not in ("relu", *SLOPES):
        return {}
    values = [np.asarray(each).astype(np.float32) for each in through_time or outputs]
    units = np.concatenate([value.reshape(-1, value.shape[-1]) for value in values])  # [sample x step, unit]
    if name == "relu":
        return {"dead_share": float((units <= 0).all(axis=0).mean())}
    flat = (SLOPES[name](units) < SATURATED_SLOPE).mean(axis=0)
    return {"saturated_share": float((flat >= SATURATED_TIME).mean())}


def nonfinite(outputs: list[Any]) -> bool:
    """Return whether an output of any call is not finite."""
    return not all(np.isfinite(np.asarray(tensor)).all() for tensor in keras.tree.flatten(outputs) if keras.backend.is_float_dtype(tensor.dtype))
