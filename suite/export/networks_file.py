"""The best networks of a benchmark on recorded data as one file, which `unvanish predict` reads: it needs neither the store nor TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from unvanish.suite.experiment.plan_record import PlanRecord, read_plan
from unvanish.suite.export.trained_network import TrainedNetwork, trained_network
from unvanish.suite.mitigations import names_of_parts
from unvanish.suite.models import Weights
from unvanish.suite.recorded_plugins import find_again
from unvanish.tasks.errors import UsageError, shown

NETWORKS_FILE = "networks.npz"  # in the folder of the results
CONTENT, PLAN = "content", "plan"
SURE = 8  # hexadecimal digits of a run that stand for it alone
ReadTrained = Callable[[str], tuple[dict[str, str], PlanRecord, Weights]]


@dataclass(frozen=True)
class StoredNetwork:
    """One of the networks in the file: its run, and the params of that."""

    run_id: str
    params: dict[str, str]

    @property
    def problem(self) -> tuple[str, str]:
        """Its task and lag."""
        return self.params["task"], self.params["lag"]


def write_networks(path: Path, run_ids: Sequence[str], read_trained: ReadTrained) -> None:
    """Write the networks of these evaluation trials with their benchmark's plan."""
    arrays: dict[str, Any] = {}
    content = []
    for number, run_id in enumerate(run_ids):
        params, plan, weights = read_trained(run_id)
        arrays[PLAN] = np.array(plan.model_dump_json())
        arrays |= {f"{number}/{name}": weight for name, weight in weights.items()}
        content.append({"run_id": run_id, "params": params})
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays, **{CONTENT: np.array(json.dumps(content))})


def read_networks(path: Path, task: str | None = None, run: str | None = None) -> list[TrainedNetwork]:
    """Return the networks of a task, or the one whose run begins with `run`; of the only task where none is named, at its shortest lag.

    Raises `UsageError` where there is no such file, task or run; the plug-ins of the benchmark are in use afterwards.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        stored = [StoredNetwork(**entry) for entry in json.loads(str(arrays[CONTENT]))]
        plan = read_plan(str(arrays[PLAN]), str(path))
    except FileNotFoundError:
        raise UsageError(
            f"there is no {path}; it is written at the end of a run on recorded data, so give the folder of one as --output, or a run as in "
            "unvanish predict RUN LOG.csv"
        ) from None
    except (OSError, BadZipFile, ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no whole file of networks; write it again with unvanish report") from None
    chosen = [number for number, network in enumerate(stored) if network.run_id.startswith(run)] if run else of_task(stored, task, path)
    if not chosen:
        raise UsageError(f"no network in {path} has a run that begins with {shown(run or '')}")
    params = stored[chosen[0]].params
    parts = [("MITIGATION", part) for part in names_of_parts(params["mitigation"])]
    find_again(plan.plugins, needed=[("TASK", params["task"].partition(":")[0]), ("MODEL", params["model"]), *parts])
    return [trained_network(stored[number].params, plan, weights_of(arrays, number)) for number in chosen]


def stores_run(path: Path, run: str) -> bool:
    """Return whether the file has the network of a run, by its id or so many of its first characters that no other run begins with them."""
    if len(run) < SURE or not path.is_file():
        return False
    try:
        with np.load(path, allow_pickle=False) as file:
            return any(entry["run_id"].startswith(run) for entry in json.loads(str(file[CONTENT])))
    except (OSError, BadZipFile, ValueError, KeyError, TypeError):  # the store has it
        return False


def of_task(stored: Sequence[StoredNetwork], task: str | None, path: Path) -> list[int]:
    """Return the numbers of the networks of a task at its shortest lag; raises `UsageError` where it is none of those, or none is named of several."""
    names = list(dict.fromkeys(network.params["task"] for network in stored))
    if task is None and len(names) > 1:
        raise UsageError(f"{path} has networks of {', '.join(map(shown, names))}; name one, as in --task {shown(names[0])}")
    name = names[0] if task is None and names else task
    if name not in names:
        raise UsageError(f"{path} has no network of the task {shown(str(name))}; it has {', '.join(map(shown, names)) or 'none at all'}")
    lag = min(int(network.params["lag"]) for network in stored if network.params["task"] == name)
    return [number for number, network in enumerate(stored) if network.problem == (name, str(lag))]


def weights_of(arrays: dict[str, Any], number: int) -> Weights:
    """Return the weights of a network by name."""
    prefix = f"{number}/"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
