"""Single precision, where the numbers of half precision are too coarse or overflow."""

from dataclasses import replace

from unvanish.suite.debugger.optimizers import inner
from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config


def propose(program):
    """For models with layers of another policy."""
    if not is_graph(program.model) or not any(is_half(layer) for layer in layers(program.model)):
        return []

    def change(program):
        model = changed_layers(program.model, lambda layer: with_config(layer, dtype="float32") if is_half(layer) else layer)
        return replace(program, model=model, optimizer=inner(program.optimizer))

    return [Change("float32 instead of half precision", change, 'keras.config.set_dtype_policy("float32")  # before the model is made\n')]


def is_half(layer):
    """Return whether a layer computes in half precision."""
    return layer.compute_dtype in ("float16", "bfloat16")


FIX = Fix("float32", frozenset({"half_precision", "not_finite_operation"}), propose, 5)
