"""A trained network read back from tracking: its outputs as the suite computes them, its weights, and a Keras model of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unvanish.suite.experiment.plan_record import PlanRecord
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.mitigations import Combination, find
from unvanish.suite.models import MODELS, KerasModel, Model, Sizes, Weights
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    from unvanish.suite.export.to_keras import Exported


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The network of one trial after its training.

    task, model, mitigations   of its condition
    hidden_size                hidden units
    steps, seed                training steps, and the seed of its trial
    weights                    by name, as they were trained, among them variables that are not trained, such as running means
    """

    task: Task
    model: Model
    mitigations: Combination
    hidden_size: int
    steps: int
    seed: int
    weights: Weights = field(repr=False)

    @property
    def lag(self) -> int:
        """The lag of its task."""
        return self.task.lag

    @property
    def sizes(self) -> Sizes:
        """The sizes that it was trained with."""
        return Sizes(self.task.input_size, self.hidden_size, self.task.output_size, self.task.length)

    def predict(self, inputs: Any) -> NDArray[np.float32]:
        """Return the outputs at the loss steps of the task, [sequence, time, input] -> [sequence, loss step, output].

        They are logits, or the values of a regression, in inference mode, computed by the functions that evaluate trials. Loss steps are
        counted from the end of the sequences, which may be of any length that has them; those of a Keras model are as long as the task's.
        Raises `UsageError` for inputs of another shape.
        """
        given = self.checked(inputs)
        from unvanish.suite.export.outputs import outputs_of

        return outputs_of(self, given, tuple(self.task.length - 1 - step for step in self.task.loss_steps))

    def reader(self) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        """Return a function of the inputs of the next time steps, [time, input], that returns the outputs after the last of them, [output].

        It remembers what it was given before, so that a sequence is read as it comes: see `unvanish.tasks.text_generation.generate`.
        """
        from unvanish.suite.export.numpy_outputs import reader

        return reader(self)

    def save(self, path: str | Path) -> Exported:
        """Write it as a .keras file, which loads without this project, and beside it the code of what is no layer of Keras.

        Raises `UsageError` where that is no place for one, or where what would be written has other outputs than this network.
        """
        from unvanish.suite.export.to_keras import save

        return save(self, Path(path))

    def checked(self, inputs: Any) -> NDArray[np.float32]:
        """Return inputs as float32 [sequence, time, input]; raises `UsageError` for another shape."""
        try:
            given = np.asarray(inputs, np.float32)
        except (TypeError, ValueError) as error:
            raise UsageError(f"the inputs are no array of numbers ({error}); give one of [sequence, time, input]") from None
        least = self.task.length - self.task.loss_steps[0]
        fixed = isinstance(self.model, KerasModel)
        times = f"{self.task.length}" if fixed else f"{least} or more"
        if given.ndim != 3 or given.shape[2] != self.task.input_size or given.shape[1] < least or (fixed and given.shape[1] != self.task.length):
            raise UsageError(
                f"the inputs have the shape {list(given.shape)}; give [sequence, time, input] with {times} time steps and {self.task.input_size} inputs"
            )
        return given


def trained_network(params: Mapping[str, str], plan: PlanRecord, weights: Weights) -> TrainedNetwork:
    """Return the network of an evaluation trial from the params of its run, its benchmark's plan and its weights, as tracking reads them."""
    lag = int(params["lag"])
    task = make_task(params["task"], lag, plan.task(params["task"], lag).parameters)
    mitigations = find(params["mitigation"], plan.profile.mitigation)
    return TrainedNetwork(task, MODELS[params["model"]], mitigations, int(params["hidden_size"]), int(params["steps"]), int(params["seed"]), weights)
