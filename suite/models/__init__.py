"""The architectures, one file each. A new one is a new file in this folder that calls its instance `MODEL`."""

from suite.models.cell import Cell, Gate
from suite.models.keras_model import KerasModel
from suite.models.model import Model, Sizes, Weights
from tasks.registry import Registry

MODELS: Registry[Model] = Registry("suite.models", "model", "MODEL", lambda thing: isinstance(thing, Model))

__all__ = ["MODELS", "Cell", "Gate", "KerasModel", "Model", "Sizes", "Weights"]
