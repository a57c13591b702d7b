"""A model and data from files; whatever is wrong with them is said in one sentence."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from unvanish.tasks.errors import UsageError

KEYS, WEIGHT = ("x", "y"), "sample_weight"


def read_data(path: Path) -> dict[str, np.ndarray]:
    """The arrays x and y of a .npz file, and sample_weight where it has one; raises `UsageError`."""
    if not os.path.isfile(path):
        raise UsageError(f"the data file {path} does not exist; write one with numpy.savez('data.npz', x=x, y=y)")
    try:
        with np.load(path, allow_pickle=False) as content:
            missing = [key for key in KEYS if key not in content]
            if missing:
                raise UsageError(f"{path} has no array {' and no '.join(missing)}, but {', '.join(content) or 'none'}; write x and y with numpy.savez")
            arrays = {key: content[key] for key in (*KEYS, WEIGHT) if key in content}
    except UsageError:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read as arrays ({str(error).splitlines()[0]}); write it with numpy.savez('data.npz', x=x, y=y)") from None
    for name, array in arrays.items():
        if array.ndim == 0 or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
            raise UsageError(f"{name} in {path} is of type {array.dtype} and shape {array.shape}; give numbers, with the samples along the first axis")
        bad = int((~np.isfinite(array)).sum())
        if bad:
            raise UsageError(f"{name} in {path} holds {bad} values that are not finite; remove or fill them")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1 or not lengths["x"]:
        said = " and ".join(f"{length} {'samples ' if name == 'x' else ''}in {name}" for name, length in lengths.items())
        raise UsageError(f"{path} has {said}; give as many of one as of the other, and at least one")
    return arrays


def read_model(path: Path) -> Any:
    """A model with Keras' safe mode on; raises `UsageError`."""
    if path.suffix != ".keras":
        raise UsageError(f"the model file is {path}; give one that model.save wrote, whose name must end in .keras")
    if not os.path.isfile(path):
        raise UsageError(f"the model file {path} does not exist; write it with model.save('{path.name}')")
    import keras

    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # whatever a file of unknown content makes Keras raise
        line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise UsageError(
            f"{path} cannot be loaded as a Keras model ({line.strip()[:200]}); a model with code of its own is trained with the callback"
        ) from None


def check_shapes(model: Any, x: np.ndarray, path: Path) -> None:
    """Raises `UsageError` where x is no input of the model."""
    inputs = model.inputs or []
    if len(inputs) > 1:
        raise UsageError(f"the model has {len(inputs)} inputs and a data file one; call unvanish.keras.diagnose from Python, with a list of arrays")
    for tensor in inputs:
        expected, given = tuple(tensor.shape[1:]), x.shape[1:]
        if len(expected) != len(given) or any(a not in (None, b) for a, b in zip(expected, given, strict=True)):
            raise UsageError(f"x in {path} has samples of shape {given} and the model takes {expected}; give what the model was built for")
