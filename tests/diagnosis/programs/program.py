"""What a program of the corpus is, and how it is trained under `Diagnose`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Training:
    """A compiled model, its training data, what else `fit` is given, and fresh data of the same kind."""

    model: Any
    x: Any
    y: Any
    fit: dict[str, Any]
    new: tuple[Any, Any]


@dataclass(frozen=True)
class Program:
    """One small training program.

    causes  what a diagnosis may name as the primary cause; none for a healthy program
    half    development, on which thresholds are set, or held_out, on which they are scored
    """

    name: str
    make: Callable[[], Training]
    causes: tuple[str, ...]
    half: str
    recurrent: bool
    seed: int

    @property
    def healthy(self) -> bool:
        return not self.causes

    def train(self, diagnose: bool = True, max_overhead: float | None = None) -> tuple[Training, Any]:
        """Trains it; with the `Diagnosis` where one is asked for, without a limit on the time that measuring takes unless one is given."""
        import keras

        from unvanish.keras import Diagnose

        keras.utils.clear_session()
        keras.utils.set_random_seed(self.seed)
        training = self.make()
        watch = Diagnose(training.x, training.y, mlflow=False, max_overhead=max_overhead) if diagnose else None
        training.model.fit(training.x, training.y, verbose=0, callbacks=[watch] if watch else [], **training.fit)
        return training, watch.diagnosis if watch else None


PROGRAMS: dict[str, Program] = {}


def program(half: str, *causes: str, recurrent: bool = False) -> Callable[[Callable[[], Training]], Callable[[], Training]]:
    """Registers a function that makes a training, in the order of the files."""

    def register(make: Callable[[], Training]) -> Callable[[], Training]:
        name = f"{half}/{make.__name__}"
        assert name not in PROGRAMS, name
        PROGRAMS[name] = Program(name, make, causes, half, recurrent, seed=100 + len(PROGRAMS))
        return make

    return register
