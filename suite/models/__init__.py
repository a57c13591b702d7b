"""The architectures, one file each. A new one is a new file in this folder that calls its instance `MODEL`."""

from suite.models.model import Gate, Model, Sizes, Weights
from tasks.registry import Registry

MODELS: Registry[Model] = Registry("suite.models", kind="model", constant="MODEL")

__all__ = ["MODELS", "Gate", "Model", "Sizes", "Weights"]
