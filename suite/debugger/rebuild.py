"""Copies of a model, as it is or with some layers changed; weights that keep their shape are carried over."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from unvanish.suite.debugger.program import NotPossible
from unvanish.suite.debugger.twin import Twin

LayerChange = Callable[[Any], Any]  # a layer to the one that takes its place, itself where it stays


def is_graph(model: Any) -> bool:
    """Return whether the layers of a model are known, and can be replaced: those of a sequential or functional one that was built."""
    return (isinstance(model, keras.Sequential) and model.built) or is_functional(model)


def is_functional(model: Any) -> bool:
    """Return whether a model was made from inputs and outputs."""
    return bool(getattr(model, "inputs", None)) and bool(getattr(model, "outputs", None))


def copy_of(model: keras.Model, x: Any, weights: list[np.ndarray] | None = None) -> keras.Model:
    """A copy that is not compiled, with the same weights or others; raises `NotPossible`.

    x   a few samples, on which a subclassed model is built
    """
    values = model.get_weights() if weights is None else weights
    if isinstance(model, Twin):
        copy = Twin(model.original())
        copy.set_weights(values)
        return copy
    try:
        copy = clone(model, same)
        if not is_graph(copy):
            copy(keras.tree.map_structure(keras.ops.convert_to_tensor, x), training=False)
        copy.set_weights(values)
    except Exception as error:  # whatever the user's layers raise
        if type(model).train_step is not keras.Model.train_step or not model.built:
            raise NotPossible(f"the model cannot be copied ({first_sentence(error)})") from None
        copy = Twin(model)
        copy.set_original_weights(values)
    return copy


def changed_layers(model: keras.Model, change: LayerChange, redraw: bool = False, masks: bool = True) -> keras.Model:
    """A copy in which layers are replaced, the ones in Bidirectional and TimeDistributed too; raises `NotPossible` where none is.

    Weights of layers that keep their name and shapes are those of the model, others are drawn; with `redraw` those of all replaced layers.
    Without `masks`, masks are those of the new layers alone.
    """
    if not is_graph(model):
        raise NotPossible("the layers of a subclassed model cannot be replaced")
    replaced: list[str] = []

    def changed(layer: Any) -> Any:
        if isinstance(layer, keras.layers.Bidirectional):
            return in_wrapper(layer, layer.forward_layer)
        if isinstance(layer, keras.layers.TimeDistributed):
            return in_wrapper(layer, layer.layer)
        other = change(layer)
        if other is layer:
            return same(layer)
        replaced.append(other.name)
        return other

    def in_wrapper(wrapper: Any, inner: Any) -> Any:
        other = change(inner)
        if other is inner:
            return same(wrapper)
        if isinstance(wrapper, keras.layers.Bidirectional):
            name = other.name.removeprefix("forward_")
            replaced.extend([f"forward_{name}", f"backward_{name}"])
            return keras.layers.Bidirectional(with_config(other, name=name), merge_mode=wrapper.merge_mode, name=wrapper.name)
        replaced.append(other.name)
        return keras.layers.TimeDistributed(other, name=wrapper.name)

    try:
        copy = clone(model, changed, masks=masks)
    except Exception as error:  # whatever the layers raise where they no longer fit
        raise NotPossible(f"the changed model cannot be built ({first_sentence(error)})") from None
    if not replaced:
        raise NotPossible("the model has no layer to change")
    carry_weights(model, copy, replaced if redraw else [])
    return copy


def on_inputs(model: keras.Model, shape: tuple[int | None, ...]) -> keras.Model:
    """A copy for an input of another shape, the batch axis left out, with the weights that keep their shape; raises `NotPossible`."""
    if not is_graph(model) or len(model.inputs) != 1:
        raise NotPossible("the shape of the input can be changed for sequential and functional models of one input only")
    try:
        given = keras.Input(shape, dtype=model.inputs[0].dtype)
        copy = clone(model, same, given if isinstance(model, keras.Sequential) else keras.tree.pack_sequence_as(model.input, [given]))
    except Exception as error:  # whatever the layers raise where they no longer fit
        raise NotPossible(f"the changed model cannot be built ({first_sentence(error)})") from None
    carry_weights(model, copy, [])
    return copy


def behind(model: keras.Model, *before: Any) -> keras.Model:
    """A copy that gets what some layers make of the input; raises `NotPossible`."""
    if not is_graph(model) or len(model.inputs) != 1:
        raise NotPossible("a layer can be put before sequential and functional models of one input only")
    try:
        copy = clone(model, same)
        copy.set_weights(model.get_weights())
        given = keras.Input(batch_shape=model.inputs[0].shape, dtype=model.inputs[0].dtype)
        hidden = given
        for layer in before:
            hidden = layer(hidden)
        return keras.Model(given, copy(hidden))
    except Exception as error:  # whatever the layers raise where they do not fit
        raise NotPossible(f"the changed model cannot be built ({first_sentence(error)})") from None


def clone(model: keras.Model, change: LayerChange, inputs: Any = None, masks: bool = True) -> keras.Model:
    """A copy with each layer changed, those of inner models too, on new inputs where they are given; a model of a class of its own keeps it.

    It is not compiled, since a loss or metric of the user's own may not be copied.
    masks   whether a layer of a functional model gets the mask that it got; the masks of the new layers reach the next ones in any case
    """
    if not is_graph(model):
        return same(model)
    if type(model) is keras.Sequential:
        given = inputs if inputs is not None else keras.Input(batch_shape=model.inputs[0].shape, dtype=model.inputs[0].dtype)
        inner = [clone(layer, change) if isinstance(layer, keras.Model) and is_graph(layer) else change(layer) for layer in model.layers]
        return keras.Sequential([given, *inner], name=model.name)
    plain = type(model).__name__ in ("Functional", "Model")
    uncompiled = keras.Model(model.input, model.output) if plain else type(model)(model.input, model.output, name=model.name)
    options: dict[str, Any] = {} if masks else {"call_function": without_mask}
    return keras.models.clone_model(uncompiled, input_tensors=inputs, clone_function=change, recursive=True, **options)


def without_mask(layer: Any, *arguments: Any, mask: Any = None, **named: Any) -> Any:
    """Call a layer without the mask that Keras wrote into the graph of the model when it was made."""
    return layer(*arguments, **named)


def same(layer: Any) -> Any:
    """A layer or subclassed model of the same configuration, also of a class whose `__init__` does not take all that Keras keeps in it."""
    config = layer.get_config()
    try:
        return type(layer).from_config(config)
    except TypeError:
        accepted = inspect.signature(type(layer).__init__).parameters
        return type(layer)(**{name: value for name, value in config.items() if name in accepted})


def with_config(layer: Any, **changed: Any) -> Any:
    """A layer of the same configuration but for some settings."""
    return type(layer).from_config({**layer.get_config(), **changed})


def carry_weights(model: keras.Model, copy: keras.Model, but_for: list[str]) -> None:
    """Give the layers of a copy the weights of those of the same name, where the shapes are the same; those of some names stay as they are."""
    drawn = {id(inner) for layer in copy._flatten_layers(include_self=False) if layer.name in but_for for inner in layer._flatten_layers()}
    of_name = {layer.name: layer for layer in model._flatten_layers(recursive=True, include_self=False)}
    for layer in copy._flatten_layers(recursive=True, include_self=False):
        old = of_name.get(layer.name)
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        if old is None or not own or id(layer) in drawn:
            continue
        before = [*old._trainable_variables, *old._non_trainable_variables]
        if [tuple(each.shape) for each in own] == [tuple(each.shape) for each in before]:
            for new, value in zip(own, before, strict=True):
                new.assign(value.value)


def layers(model: keras.Model) -> list[Any]:
    """All layers that are not models or wrappers of others, the layer in a wrapper once."""
    found: list[Any] = []
    for layer in model.layers if isinstance(model, keras.Model) else [model]:
        if isinstance(layer, keras.Model):
            found += layers(layer)
        elif isinstance(layer, keras.layers.Bidirectional):
            found.append(layer.forward_layer)
        elif isinstance(layer, keras.layers.TimeDistributed):
            found.append(layer.layer)
        else:
            found.append(layer)
    return found


def first_sentence(error: Exception) -> str:
    """The first sentence of an error's text, on one line and not longer than a few."""
    text = str(error).split("[[{{node")[0].strip()  # TensorFlow writes the operation after the reason, and where it was made before it
    text = text.splitlines()[-1] if text.startswith("Graph execution error") else text
    text = " ".join(text.split()) or type(error).__name__
    return text.split(". ")[0].rstrip(".")[:200]
