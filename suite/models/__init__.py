"""The architectures, one file each. A new one is a new file in this folder that calls its instance `MODEL`."""

from unvanish.suite.models.cell import Cell, Gate
from unvanish.suite.models.keras_model import KerasModel
from unvanish.suite.models.model import Model, Sizes, Weights
from unvanish.tasks.registry import Registry

MODELS: Registry[Model] = Registry("unvanish.suite.models", "model", "MODEL", lambda thing: isinstance(thing, Model))

__all__ = ["MODELS", "Cell", "Gate", "KerasModel", "Model", "Sizes", "Weights"]
