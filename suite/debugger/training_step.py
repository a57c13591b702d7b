"""The forward pass and the loss of a training step, as the model computes them, without any effect on the model.

A model is called within Keras' stateless scope: the statistics of batch normalisation, the seeds of dropout, the states of stateful layers
and the metrics are the same afterwards. Of a `train_step` of one's own, what it would do to the weights is left out and its gradients are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.layer_calls import leaf_layers, replace


@dataclass(frozen=True, eq=False)
class Step:
    """
    loss          a scalar; NaN for a `train_step` that returns none
    scaled_loss   what the gradient is taken of: the loss times `scale`, as an optimizer that scales losses does against underflow
    predictions   of the model; None for a `train_step` of one's own
    gradients     of a `train_step` of one's own, by the id of the weight
    loss_is_mean  whether `fit` reports the mean loss of the epoch so far, as Keras does, or that of the batch
    """

    loss: Any
    scaled_loss: Any
    scale: Any
    predictions: Any
    gradients: dict[int, Any] = field(default_factory=dict)
    loss_is_mean: bool = True


def tensors(part: Any) -> Any:
    """Arrays as tensors of the types that `fit` makes of them."""
    if part is None:
        return None
    floats = keras.config.floatx()
    return keras.tree.map_structure(lambda array: tf.convert_to_tensor(array.astype(floats) if array.dtype == "float64" else array), part)


def built(model: keras.Model, batch: Data) -> None:
    """Create the weights of a model that has none yet, as the first training step would: by tracing a call, of which nothing is run."""
    if all(layer.built for layer in model._flatten_layers()):
        return
    signature = keras.tree.map_structure(lambda tensor: tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype), tensors(batch.x))
    tf.function(lambda x: called(model, x)).get_concrete_function(signature)


def called(model: keras.Model, x: Any) -> Any:
    """The predictions in training mode."""
    return model(x, training=True) if model._call_has_training_arg else model(x)


def predictor(model: keras.Model) -> Callable[[Any], Any]:
    """Return what computes the predictions of a model in evaluation mode; a recurrent one is compiled once for samples of one shape, however many."""

    def predict(x: Any) -> Any:
        with keras.StatelessScope():
            return model(x, training=False) if model._call_has_training_arg else model(x)

    if not is_recurrent(model) or model.run_eagerly:
        return lambda x: predict(tensors(x))
    fixed = next((tensor.shape[0] for tensor in getattr(model, "inputs", None) or [] if tensor.shape[0]), None)
    compiled: dict[str, Any] = {}

    def call(x: Any) -> Any:
        given = tensors(x)
        signature = keras.tree.map_structure(lambda tensor: tf.TensorSpec((fixed, *tensor.shape[1:]), tensor.dtype), given)
        key = str(signature)
        if key not in compiled:
            compiled[key] = tf.function(predict, autograph=False).get_concrete_function(signature)
        return compiled[key](given)

    return call


def is_recurrent(model: keras.Model) -> bool:
    """Return whether a model has a recurrent layer."""
    return any(isinstance(layer, keras.layers.RNN) for layer in leaf_layers(model))


def keras_step(model: keras.Model, x: Any, y: Any, weight: Any) -> Step:
    """What Keras' own training step computes."""
    # penalties on weights are read from the scope's mapping
    with keras.StatelessScope([(variable, variable.value) for variable in model.trainable_weights], collect_losses=True):
        predictions = called(model, x)
        loss = model._compute_loss(x=x, y=y, y_pred=predictions, sample_weight=weight, training=True)
    optimizer = model.optimizer
    scale = tf.convert_to_tensor(1.0 if optimizer is None else optimizer.scale_loss(tf.constant(1.0)))
    return Step(loss, loss if optimizer is None else optimizer.scale_loss(loss), scale, predictions)


def has_own_step(model: keras.Model) -> bool:
    """Return whether a model has a `train_step` of its own."""
    return type(model).train_step is not keras.Model.train_step


def optimizers(model: keras.Model) -> list[Any]:
    """The optimizers of a model: the compiled one first, then others that are its attributes."""
    found = [model.optimizer, *vars(model).values()]
    return list({id(each): each for each in found if isinstance(each, keras.optimizers.Optimizer)}.values())


def own_step(model: keras.Model, x: Any, y: Any, weight: Any) -> Step:
    """What a `train_step` of the model's own computes; the loss is the one that it returns."""
    gradients: dict[int, Any] = {}
    counters = [metric for metric in model.metrics if metric.name == "loss"]
    mapping = [(variable, variable.value) for variable in model.trainable_weights]
    mapping += [(variable, tf.zeros_like(variable.value)) for variable in model.metrics_variables]  # so that a mean is that of this batch
    with unchanged(model), captured(optimizers(model), gradients), keras.StatelessScope(mapping, collect_losses=True) as scope:
        logs = model.train_step((x, y) if weight is None else (x, y, weight))
        is_mean = any(bool(tf.reduce_any(scope.get_current_value(variable) != 0)) for metric in counters for variable in metric.variables)
    losses = [value for name, value in logs.items() if "loss" in name]
    loss = tf.convert_to_tensor(logs["loss"] if "loss" in logs else losses[0] if losses else float("nan"))
    return Step(loss, loss, 1.0, None, gradients, is_mean)


@contextmanager
def captured(found: list[Any], gradients: dict[int, Any]) -> Iterator[None]:
    """Collect the gradients that are handed to optimizers, by the id of the weight, instead of applying them."""

    def apply(grads: Any, trainable_variables: Any) -> None:
        gradients.update({id(variable): gradient for gradient, variable in zip(grads, trainable_variables, strict=True)})

    def apply_gradients(grads_and_vars: Any) -> None:
        apply(*zip(*grads_and_vars, strict=True))

    restoring = [replace(each, name, new) for each in found for name, new in (("apply", apply), ("apply_gradients", apply_gradients))]
    try:
        yield
    finally:
        for restore in restoring:
            restore()


@contextmanager
def unchanged(model: keras.Model) -> Iterator[None]:
    """Give all variables of a model the values they had, whatever the block did to them beside Keras."""
    before = [(variable, tf.identity(variable.value)) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)
