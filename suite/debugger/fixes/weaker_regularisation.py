"""Weaker regularisation: no penalties on weights, and little dropout."""

from dataclasses import replace

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config

MAX_DROPOUT = 0.2
DROPOUTS = ("rate", "dropout", "recurrent_dropout")
CAUSES = {"over_regularised", "train_eval_mismatch", "rate_too_low", "no_signal"}


def propose(program):
    """For models with penalties or more dropout than that."""
    changed = [settings(layer) for layer in layers(program.model)] if is_graph(program.model) else []
    penalties = any(name.endswith("_regularizer") for each in changed for name in each)
    dropout = any(name in DROPOUTS for each in changed for name in each)
    names = [*(["no penalties on weights"] if penalties else []), *([f"dropout of at most {MAX_DROPOUT:g}"] if dropout else [])]
    if not names:
        return []
    code = ("keras.layers.Dense(units, kernel_regularizer=None)\n" if penalties else "") + (f"keras.layers.Dropout({MAX_DROPOUT:g})\n" if dropout else "")
    return [Change(" and ".join(names), lambda program: replace(program, model=changed_layers(program.model, weaker)), code)]


def settings(layer):
    """The settings of a layer that regularise, at their weaker values."""
    config = layer.get_config()
    penalties = {name: None for name, value in config.items() if name.endswith("_regularizer") and value is not None}
    rates = [name for name in DROPOUTS if isinstance(config.get(name), float) and (name != "rate" or "Dropout" in type(layer).__name__)]
    return penalties | {name: MAX_DROPOUT for name in rates if config[name] > MAX_DROPOUT}


def weaker(layer):
    """The layer with weaker regularisation."""
    changed = settings(layer)
    return with_config(layer, **changed) if changed else layer


FIX = Fix("weaker_regularisation", frozenset(CAUSES), propose, 6)
