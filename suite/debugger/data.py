"""The data of a training as `fit` takes them: arrays, a tf.data.Dataset or a keras.utils.PyDataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.tasks.errors import UsageError

MAX_SAMPLES = 1024  # of a data set; further ones are not read


@dataclass(frozen=True, eq=False)
class Data:
    """Samples as `fit` takes them: arrays, or structures of them, whose first axes are as long; `weight` is None where all samples count alike.

    `ordered` says that they were read from a data set, so that their order is that of the batches.
    """

    x: Any
    y: Any
    weight: Any
    samples: int
    ordered: bool = False

    def take(self, rows: Any) -> Data:
        """Some samples, by their numbers or a slice."""
        x, y, weight = (None if part is None else keras.tree.map_structure(lambda array: array[rows], part) for part in (self.x, self.y, self.weight))
        return Data(x, y, weight, len(keras.tree.flatten(x)[0]), self.ordered)


def checked(x: Any, y: Any = None, weight: Any = None, max_samples: int = MAX_SAMPLES) -> Data:
    """Data as `fit` takes them, as arrays; of a data set the first `max_samples`. Raises `UsageError` for what is neither."""
    ordered = is_dataset(x)
    if ordered:
        if y is not None or weight is not None:
            raise UsageError("x is a data set and y or sample_weight is given beside it; give the data set alone, whose batches hold all of them")
        x, y, weight = first_samples(x, max_samples)
    elif y is None:
        raise UsageError(f"y is missing beside x, a {type(x).__name__}; give the targets, or a data set whose batches hold inputs and targets")
    try:
        x, y, weight = (None if part is None else keras.tree.map_structure(np.asarray, part) for part in (x, y, weight))
    except (ValueError, TypeError) as error:
        raise UsageError(f"the data cannot be made into arrays ({error}); give x and y as arrays, or lists or dictionaries of arrays") from None
    arrays = [array for part in (x, y, weight) if part is not None for array in keras.tree.flatten(part)]
    if any((array.dtype == object and not is_text(array)) or array.ndim == 0 for array in arrays):
        raise UsageError("x and y are no arrays of samples; give arrays whose first axis is the samples, the data that fit gets")
    if weight is not None:
        weight = keras.tree.map_structure(lambda array: array[:, 0] if array.shape[1:] == (1,) else array, weight)
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) != 1 or lengths[0] == 0:
        raise UsageError(f"x and y have {' and '.join(map(str, lengths))} samples; give as many of one as of the other, and at least one")
    return Data(x, y, weight, lengths[0], ordered)


def validation_data(model: keras.Model) -> Data | None:
    """The arrays that `fit` validates with, at the end of an epoch; None without them, and for data sets, which reading would advance."""
    adapter = getattr(getattr(model, "_eval_epoch_iterator", None), "data_adapter", None)
    arrays = getattr(adapter, "_inputs", None)
    if arrays is None:
        return None
    x, y, weight = keras.utils.unpack_x_y_sample_weight(keras.tree.map_structure(np.asarray, arrays))
    return checked(x, y, weight) if y is not None else None


def is_text(array: np.ndarray) -> bool:
    """Return whether an array of objects holds text alone, as one of a string tensor does."""
    return all(isinstance(entry, (str, bytes)) for entry in array.flat)


def is_dataset(x: Any) -> bool:
    """Return whether `fit` takes batches of inputs and targets from it: a tf.data.Dataset or a keras.utils.PyDataset."""
    return isinstance(x, (tf.data.Dataset, keras.utils.PyDataset))


def first_samples(dataset: Any, max_samples: int) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights of the first samples; raises `UsageError` where there are none, or no targets."""
    batches: list[tuple[Any, Any, Any]] = []
    count = 0
    source = (dataset[number] for number in range(len(dataset))) if isinstance(dataset, keras.utils.PyDataset) else dataset
    for batch in source:
        parts = keras.utils.unpack_x_y_sample_weight(batch)
        if parts[1] is None:
            raise UsageError("the batches of the data set hold no targets; give one of (inputs, targets), or (inputs, targets, weights)")
        batches.append(parts)
        count += len(keras.tree.flatten(parts[1])[0])
        if count >= max_samples:
            break
    if not batches:
        raise UsageError("the data set is empty; give one with at least one batch")
    try:
        return tuple(None if parts[0] is None else joined(parts, max_samples) for parts in zip(*batches, strict=True))  # type: ignore[return-value]
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"the batches of the data set do not fit together ({str(error).splitlines()[0]}); give batches of one shape, or a sample as arrays"
        ) from None


def joined(parts: Sequence[Any], max_samples: int) -> Any:
    """Batches of one structure as arrays, at most so many samples."""
    return keras.tree.map_structure(lambda *arrays: np.concatenate([np.asarray(array) for array in arrays])[:max_samples], *parts)
