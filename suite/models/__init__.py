"""The architectures, one file each. To add one, add a file to this folder that names its instance `MODEL`."""

from unvanish.suite.models.cell import Cell, Gate
from unvanish.suite.models.keras_model import KerasModel
from unvanish.suite.models.model import Model, Sizes, Weights
from unvanish.tasks.registry import Registry

MODELS: Registry[Model] = Registry("unvanish.suite.models", "model", "MODEL", lambda thing: isinstance(thing, Model))

__all__ = ["MODELS", "Cell", "Gate", "KerasModel", "Model", "Sizes", "Weights"]
