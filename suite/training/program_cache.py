"""The programs of this process: made once for all cohorts that can share them, such as those of one task and model at several lags."""

from __future__ import annotations

from functools import lru_cache

from unvanish.suite.mitigations import Mitigation
from unvanish.suite.models import Cell, KerasModel, Model, Sizes
from unvanish.suite.training.cell_network import CellNetwork
from unvanish.suite.training.hooks import Hooks
from unvanish.suite.training.keras_network import KerasNetwork
from unvanish.suite.training.network import Network
from unvanish.suite.training.packing import Packing
from unvanish.suite.training.programs import Programs
from unvanish.suite.training.task_shape import TaskShape

MAX_PROGRAMS = 8  # that are kept: cohorts that share programs do not always follow each other; each takes some 15 MB


@lru_cache(maxsize=MAX_PROGRAMS)
def programs_for(shape: TaskShape, model: Model, hidden_size: int, mitigations: tuple[type[Mitigation], ...]) -> Programs:
    """Return the programs that train a model on tasks of this shape with some of these mitigations."""
    sizes = Sizes(shape.input_size, hidden_size, shape.output_size, shape.max_length)
    hooks = Hooks(mitigations)
    packing = Packing.for_weights(model.initial_weights(sizes, seed=0))
    return Programs(shape, network_for(shape, model, sizes, hooks), hooks, packing)


def network_for(shape: TaskShape, model: Model, sizes: Sizes, hooks: Hooks) -> Network:
    """Return the network of a model on tasks of this shape."""
    if isinstance(model, Cell):
        return CellNetwork(shape, model, hooks)
    assert isinstance(model, KerasModel)
    return KerasNetwork(shape, model, sizes, hooks)
