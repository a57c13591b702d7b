"""Checkpoints of a cohort's training: what one holds, when it is taken, and which cohort may go on from it.

A cohort is trained again from the same conditions in the same order, so a checkpoint holds nothing of the searches for learning rates: what was measured
of the trials of the waves that have ended is given to them again, and the wave that was being trained goes on after its last block.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

from numpy.typing import NDArray

from unvanish.suite.execution.checkpoints.file_format import DamagedCheckpoint, from_bytes, to_bytes
from unvanish.suite.experiment.copies import key_of
from unvanish.suite.experiment.plan import Cohort
from unvanish.suite.experiment.trial import Trial
from unvanish.suite.experiment.versions import Environment, version_of_class
from unvanish.suite.training.wave import WaveSnapshot


@dataclass(frozen=True)
class EndedWave:
    """The keys of the trials of a wave, see `key_of`, and what was measured of them as `trial_arrays.to_arrays` returns it."""

    keys: Sequence[Sequence[Any]]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """How far the training of a cohort is, after a block.

    ended        the waves that were trained to their end, in their order
    keys         of the trials of the wave that is being trained
    wave         where that one stands
    trial_steps  those that were reported as trained
    seconds      of the worker's time by part
    failures     why probes give no figures, by their names
    """

    ended: Sequence[EndedWave]
    keys: Sequence[Sequence[Any]]
    wave: WaveSnapshot
    trial_steps: int
    seconds: Mapping[str, float]
    failures: Mapping[str, str]


def keys_of(trials: Sequence[Trial]) -> list[list[Any]]:
    """Return the keys of trials as JSON holds them."""
    return [list(key_of(trial)) for trial in trials]


def identity(cohort: Cohort, environment: Environment) -> dict[str, Any]:
    """Return what a checkpoint depends on, as JSON holds it: conditions, the mitigations and the length that its programs hold, and the code that trains."""
    planned = [[part.name, part.parameters, version_of_class(type(part))] for combination in cohort.planned for part in combination.parts]
    decides = {
        "conditions": [condition.fingerprint for condition in cohort.conditions],
        "planned": [[combination.name for combination in cohort.planned], planned],
        "max_length": cohort.max_length,
    }
    return {"cohort": hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest(), "environment": asdict(environment)}


def encode(checkpoint: Checkpoint, of: dict[str, Any]) -> bytes:
    """Return a checkpoint of the cohort with this identity as bytes; raises `TypeError` where it has arrays of a type that cannot be stored."""
    header = {
        "of": of,
        "ended": [wave.keys for wave in checkpoint.ended],
        "keys": checkpoint.keys,
        "blocks": checkpoint.wave.blocks,
        "trial_steps": checkpoint.trial_steps,
        "seconds": dict(checkpoint.seconds),
        "failures": dict(checkpoint.failures),
    }
    arrays = {f"{index}.{name}": array for index, wave in enumerate(checkpoint.ended) for name, array in wave.arrays.items()}
    return to_bytes(header, arrays | {f"wave.{name}": array for name, array in checkpoint.wave.arrays.items()})


def decode(content: bytes, of: dict[str, Any]) -> Checkpoint | None:
    """Return a checkpoint from its bytes, None where it is of another cohort than the one with this identity; raises `DamagedCheckpoint`."""
    header, arrays = from_bytes(content)
    if header.get("of") != of:
        return None
    parts: dict[str, dict[str, NDArray[Any]]] = {str(part): {} for part in (*range(len(header["ended"])), "wave")}
    for name, array in arrays.items():
        part, _, rest = name.partition(".")
        parts[part][rest] = array
    return Checkpoint(
        ended=[EndedWave(keys, parts[str(index)]) for index, keys in enumerate(header["ended"])],
        keys=header["keys"],
        wave=WaveSnapshot(header["blocks"], parts["wave"]),
        trial_steps=header["trial_steps"],
        seconds=header["seconds"],
        failures=header["failures"],
    )


class Checkpointer:
    """Takes checkpoints of a cohort from time to time, and has the one that its training begins with.

    A checkpoint is taken after the first block that ends `interval` seconds after the last one, or after this was made. So no more is lost than that,
    a block, and the time until the first block has been trained again. What cannot be stored or restored costs the checkpoint alone.

    store        is given the bytes of each checkpoint
    environment  of this process
    newest       the bytes of the checkpoint to begin with; None for none
    on_warning   is told in a sentence what could not be restored or stored
    """

    def __init__(
        self,
        store: Callable[[bytes], None],
        environment: Environment,
        interval: float,
        newest: bytes | None = None,
        on_warning: Callable[[str], None] = lambda line: None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.store, self.environment, self.interval, self.newest, self.on_warning, self.now = store, environment, interval, newest, on_warning, now
        self.last = now()

    def find(self, cohort: Cohort) -> Checkpoint | None:
        """Return the checkpoint to begin with where it is of this cohort, which may be a part of the one that was given to the worker."""
        try:
            return decode(self.newest, identity(cohort, self.environment)) if self.newest else None
        except DamagedCheckpoint as error:
            self.refuse(cohort, error)
            return None

    def refuse(self, cohort: Cohort, error: Exception) -> None:
        """Tell that the checkpoint cannot be used."""
        self.newest = None
        self.on_warning(f"the checkpoint of {cohort.label} is damaged ({error}); what it held is trained again")

    def after_block(self, cohort: Cohort, take: Callable[[], Checkpoint]) -> None:
        """Store what `take` returns if it is time for it."""
        if self.now() - self.last < self.interval:
            return
        try:
            self.store(encode(take(), identity(cohort, self.environment)))
        except (TypeError, ValueError, MemoryError) as error:  # a plug-in's network may have arrays of any type
            self.interval = float("inf")
            self.on_warning(f"no checkpoints of {cohort.label} can be stored ({error}); if its training is interrupted, it begins from its first step")
        self.last = self.now()
