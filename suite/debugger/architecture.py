"""The layers of a model, its optimizer and its losses, as rules see them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.layer_calls import Calls
from unvanish.suite.diagnosis.keras_training import Layer

NORMALISING = (keras.layers.BatchNormalization, keras.layers.LayerNormalization, keras.layers.Normalization, keras.layers.Rescaling)
SHAPING = (keras.layers.Flatten, keras.layers.Reshape, keras.layers.Permute, keras.layers.Masking, keras.layers.Dropout)
PASSING = (*SHAPING, keras.layers.TimeDistributed)  # between a layer with an activation and the output


def layers(calls: Calls) -> tuple[Layer, ...]:
    """Those that were called, in that order."""
    return tuple(
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            activation=activation_name(layer),
            cell=type(layer.cell).__name__ if isinstance(layer, keras.layers.RNN) else "",
            trainable=layer.trainable and len(layer.trainable_weights) == len(parameters(layer)),
            parameters=sum(int(np.prod(weight.shape)) for weight in parameters(layer)),
            normalises=isinstance(layer, NORMALISING),
            stateful=bool(getattr(layer, "stateful", False)),
            symmetric=symmetric(layer),
            half=any(weight.dtype == "float16" for weight in parameters(layer)),
        )
        for layer in calls.order
    )


def activation_name(layer: Any) -> str:
    """The activation of a layer; empty where it has none, or none that has a name."""
    if isinstance(layer, keras.layers.ReLU):
        return "leaky_relu" if layer.negative_slope else "relu"
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", "") or ""


def parameters(layer: Any) -> list[Any]:
    """The weights of a layer that training could change: all but statistics and seeds."""
    if isinstance(layer, keras.layers.BatchNormalization):
        return [weight for weight in (layer.gamma, layer.beta) if weight is not None]
    if isinstance(layer, keras.layers.Normalization):
        return []
    return [weight for weight in layer.weights if np.issubdtype(np.dtype(weight.dtype), np.floating)]


def symmetric(layer: Any) -> bool:
    """Return whether a matrix of weights to more than one unit has equal columns: units that are equal get equal gradients, and stay equal."""
    kernels = [np.asarray(weight.value) for weight in parameters(layer) if len(weight.shape) >= 2 and weight.shape[-1] > 1]
    return bool(kernels) and all(np.ptp(kernel, axis=-1).max() == 0 for kernel in kernels) and not isinstance(layer, NORMALISING)


def output_activation(calls: Calls, predictions: Any) -> str:
    """The activation of the layer that made a prediction: the last one called whose output it is, through layers that only shape it."""
    for layer in reversed(calls.order):
        if isinstance(layer, SHAPING):
            continue
        if any(same(tensor, predictions) for output in calls.outputs[layer.name] for tensor in keras.tree.flatten(output)):
            return activation_name(layer)
    last = [layer for layer in calls.order if not isinstance(layer, PASSING)][-1:]
    return activation_name(last[0]) if last else ""


def same(tensor: Any, prediction: Any) -> bool:
    """Return whether a layer's output is a prediction: the same tensor, or out of a compiled step its values."""
    return tensor is prediction or (tuple(tensor.shape) == tuple(prediction.shape) and np.array_equal(np.asarray(tensor), np.asarray(prediction)))


def clipping(optimizer: Any) -> tuple[str, float]:
    """Return how the optimizer clips gradients, by Keras' name for it, and the threshold; empty and NaN where it does not."""
    for name in ("clipnorm", "global_clipnorm", "clipvalue"):
        threshold = getattr(optimizer, name, None)
        if threshold is not None:
            return name, float(threshold)
    return "", float("nan")


def losses(model: keras.Model, count: int) -> list[tuple[str, bool]]:
    """The name of each output's loss and whether it takes logits; an empty name where the model computes its loss in a way of its own."""
    return [named_loss(function) for function in output_losses(model, count)]


def output_losses(model: keras.Model, count: int) -> list[Any]:
    """What `compile` was given as the loss of each output; None for an output without one."""
    compiled = getattr(model, "loss", None)
    functions = keras.tree.flatten(compiled) if compiled is not None else []
    if len(functions) == 1 and count > 1 and not isinstance(compiled, dict):
        functions = functions * count
    if isinstance(compiled, dict) and list(compiled) != list(getattr(model, "output_names", [])):
        functions = [compiled.get(name) for name in model.output_names]
    return functions if len(functions) == count else [None] * count


def judges_accuracy(model: keras.Model) -> bool:
    """Return whether accuracy is among the metrics that `compile` was given: a sign that the targets are classes."""
    compiled = getattr(model, "_compile_metrics", None)
    given = keras.tree.flatten([getattr(compiled, "_user_metrics", None), getattr(compiled, "_user_weighted_metrics", None)]) if compiled is not None else []
    names = [str(getattr(metric, "name", metric)).lower() for metric in given if metric is not None]
    return any(name in ("acc", "accuracy") or name.endswith("_accuracy") for name in names)


def loss_functions(model: keras.Model, count: int) -> list[Any]:
    """The compiled loss of each output, called with targets, predictions and weights; None for an output that has none."""
    compiled = getattr(model, "_compile_loss", None)
    if compiled is None or count == 1:
        return [compiled] * count
    return [None if function is None else type(compiled)(function) for function in output_losses(model, count)]


def named_loss(loss: Any) -> tuple[str, bool]:
    """The name of a loss and whether it takes logits."""
    if loss is None:
        return "", False
    function = keras.losses.get(loss)
    from_logits = bool(getattr(function, "_fn_kwargs", {}).get("from_logits", False) or getattr(function, "from_logits", False))
    return getattr(function, "name", getattr(function, "__name__", "")) or "", from_logits


def learning_rate(optimizer: Any) -> float:
    """The rate of the next step, of a schedule too."""
    return float(np.asarray(keras.ops.convert_to_numpy(optimizer.learning_rate)))
