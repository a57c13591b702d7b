"""Measures a model in training mode and in evaluation mode, and its penalties, on a sample of the data; nothing of the model is changed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger.data import Data
from unvanish.suite.debugger.gradients import norm
from unvanish.suite.debugger.input_calls import Call, layers_of, recorded_inputs
from unvanish.suite.diagnosis.keras_training import Output
from unvanish.suite.diagnosis.mode_facts import Dropout, Modes, Penalties, Statistics

CHUNKS = 16  # of the sample, so that a difference of losses has a standard error
SAMPLES = 256  # one batch in either mode: eager calls of a long recurrent layer take seconds
DROPPING = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D, keras.layers.GaussianDropout, keras.layers.AlphaDropout)


def measure(model: keras.Model, data: Data, outputs: tuple[Output, ...]) -> Modes | None:
    """Both modes on a sample; None for a model whose loss is not the compiled one, or without a layer that has two modes."""
    compiled = getattr(model, "_compile_loss", None)
    if compiled is None or not any(has_modes(layer) for layer in (model, *layers_of(model))):
        return None
    data = data if fixed_batch(model) else data.take(slice(SAMPLES))
    # a scope for each mode: within one, batch normalisation would use what the call in training mode has just changed
    with keras.StatelessScope(), recorded_inputs(model) as training:
        in_training = keras.tree.map_structure(np.asarray, model(data.x, training=True))
    with keras.StatelessScope(), recorded_inputs(model) as evaluation:
        in_evaluation = keras.tree.map_structure(np.asarray, model(data.x, training=False))
    chunks = np.array_split(np.arange(data.samples), min(CHUNKS, data.samples))
    with keras.StatelessScope():
        losses = [
            np.array([float(compiled(part.y, part.x, part.weight)) for part in map(Data(predicted, data.y, data.weight, data.samples).take, chunks)])
            for predicted in (in_training, in_evaluation)
        ]
    return Modes(
        training=losses[0],
        evaluation=losses[1],
        accuracy=(accuracy(in_training, data, outputs), accuracy(in_evaluation, data, outputs)),
        statistics=statistics(training, evaluation),
        dropout=dropout(training, evaluation),
    )


def has_modes(layer: Any) -> bool:
    """Return whether a layer may compute something else in training mode: dropout, batch normalisation, noise, and any that Keras does not ship."""
    if not of_keras(layer):
        return True
    if isinstance(layer, (keras.Model, keras.layers.Bidirectional, keras.layers.TimeDistributed)):
        return False  # the layers inside are asked
    if isinstance(layer, keras.layers.RNN):
        return dropped(layer) > 0 or not of_keras(layer.cell)
    return isinstance(layer, (keras.layers.BatchNormalization, keras.layers.GaussianNoise, *DROPPING)) or bool(getattr(layer, "dropout", 0))


def of_keras(layer: Any) -> bool:
    """Return whether Keras ships a layer."""
    return type(layer).__module__.startswith("keras.")


def fixed_batch(model: keras.Model) -> bool:
    """Return whether a model takes batches of one size only."""
    return any(tensor.shape[0] for tensor in getattr(model, "inputs", None) or [])


def accuracy(predictions: Any, data: Data, outputs: tuple[Output, ...]) -> float:
    """Share of the classes that are predicted rightly, of a model with one output of them; NaN for any other."""
    if len(outputs) != 1 or "crossentropy" not in outputs[0].loss:
        return float("nan")
    predicted = keras.tree.flatten(predictions)[0]
    target = keras.tree.flatten(data.y)[0]
    if outputs[0].size == 1:
        right = (predicted.ravel() > (0.0 if outputs[0].from_logits else 0.5)) == (target.ravel() > 0.5)
    else:
        labels = target.argmax(axis=-1) if target.shape == predicted.shape else target.reshape(predicted.shape[:-1])
        right = predicted.argmax(axis=-1) == labels
    return float(right.mean())


def fixed_mode(training: list[Call], evaluation: list[Call], layer: keras.layers.Layer) -> str:
    """The mode that a layer is called in whatever the model's is; empty where it has the model's."""
    modes = {mode: {call.arguments.get("training") for call in calls if call.layer is layer} for mode, calls in ((True, training), (False, evaluation))}
    if True in modes[False]:
        return "training"
    return "evaluation" if False in modes[True] else ""


def statistics(training: list[Call], evaluation: list[Call]) -> tuple[Statistics, ...]:
    """The moving statistics of each trained layer of batch normalisation beside those of what enters it."""
    entering: dict[keras.layers.BatchNormalization, list[np.ndarray]] = {}
    for call in training:
        if isinstance(call.layer, keras.layers.BatchNormalization) and call.layer.trainable:
            entering.setdefault(call.layer, []).append(np.asarray(call.inputs[0], np.float64))
    found = []
    for layer, parts in entering.items():
        values = np.concatenate([np.moveaxis(part, layer.axis, -1).reshape(-1, part.shape[layer.axis]) for part in parts])
        mean, deviation = values.mean(axis=0), np.sqrt(values.var(axis=0) + layer.epsilon)
        moving = np.sqrt(np.asarray(layer.moving_variance.value, np.float64) + layer.epsilon)
        ratio = np.maximum(moving / deviation, deviation / moving)
        distance = np.abs(np.asarray(layer.moving_mean.value) - mean) / deviation
        found.append(Statistics(layer.name, float(distance.max()), float(ratio.max()), float(layer.momentum), fixed_mode(training, evaluation, layer)))
    return tuple(found)


def dropout(training: list[Call], evaluation: list[Call]) -> tuple[Dropout, ...]:
    """The layers that drop something, in the order of the model's calls."""
    layers = dict.fromkeys(call.layer for call in training)
    return tuple(Dropout(layer.name, rate, fixed_mode(training, evaluation, layer)) for layer in layers if (rate := dropped(layer)) > 0)


def dropped(layer: keras.layers.Layer) -> float:
    """The share that a layer drops, of a recurrent layer the larger of its inputs' and its states'."""
    if isinstance(layer, keras.layers.RNN):
        return max(float(getattr(layer.cell, name, 0.0) or 0.0) for name in ("dropout", "recurrent_dropout"))
    return float(layer.rate) if isinstance(layer, DROPPING) else 0.0


def penalties(model: keras.Model, batch: Data) -> Penalties | None:
    """The penalties and the data's loss on a batch, with their gradients; None for a model that has none, or whose loss is not the compiled one."""
    if getattr(model, "_compile_loss", None) is None or not any(may_penalise(layer) for layer in (model, *layers_of(model))):
        return None
    x, y, weight = (None if part is None else keras.tree.map_structure(tf.convert_to_tensor, part) for part in (batch.x, batch.y, batch.weight))
    trained = model.trainable_weights
    values = [variable.value for variable in trained]
    with tf.GradientTape(persistent=True) as tape, keras.StatelessScope(list(zip(trained, values, strict=True)), collect_losses=True):
        predictions = model(x, training=True)
        total = model.compute_loss(x=x, y=y, y_pred=predictions, sample_weight=weight, training=True)
        added = [tf.convert_to_tensor(loss) for loss in model.losses]
        penalty = tf.add_n([tf.cast(loss, total.dtype) for loss in added]) if added else None
        loss = total - penalty if penalty is not None else total
    if penalty is None:
        return None
    penalised = {layer.name: weights for layer in layers_of(model) if (weights := penalised_weights(layer))}
    return Penalties(
        loss=float(loss),
        penalty=float(penalty),
        gradient=norm(tape.gradient(loss, values)),
        penalty_gradient=norm(tape.gradient(penalty, values)),
        penalised={name: norm(weights) for name, weights in penalised.items()},
    )


def may_penalise(layer: keras.layers.Layer) -> bool:
    """Return whether a layer may add a penalty to the loss: one with a regularizer, or one that Keras does not ship."""
    return not of_keras(layer) or layer.activity_regularizer is not None or bool(penalised_weights(layer))


def penalised_weights(layer: Any) -> list[Any]:
    """The trained weights of a layer, or of the cell of a recurrent one, that have a penalty of their own."""
    own = layer.trainable_weights if isinstance(layer, keras.layers.RNN) else layer._trainable_variables
    return [variable.value for variable in own if getattr(variable, "regularizer", None) is not None]


def weight_norm(model: keras.Model) -> tuple[float, int]:
    """The norm of all trained weights together, and their number."""
    return norm([variable.value for variable in model.trainable_weights]), int(sum(np.prod(variable.shape) for variable in model.trainable_weights))
