"""`diagnose`: train a copy of a model for some steps under `Diagnose`; the model itself stays as it is."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unvanish.suite.debugger import data
from unvanish.suite.debugger.callback import Diagnose, reason
from unvanish.suite.debugger.diagnosis import Diagnosis
from unvanish.suite.debugger.trying import TIME_LIMIT, Progress
from unvanish.tasks.errors import UsageError

STEPS = 300
BATCH_SIZE = 32


def diagnose(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    loss: Any = None,
    steps: int = STEPS,
    batch_size: int = BATCH_SIZE,
    benchmark: str | Path | None = None,
    page: str | Path | None = None,
    try_fixes: bool = False,
    time_limit: float = TIME_LIMIT,
    progress: Progress | None = None,
) -> Diagnosis:
    """Diagnose a model on some data.

    >>> print(diagnose(model, x, y))

    x, y, sample_weight   as in `Diagnose`
    model       compiled, or with a `loss` given here; Adam is used where it has no optimizer
    steps       about so many training steps of the copy: whole epochs, or a part of the data where an epoch is longer
    benchmark, page, try_fixes, time_limit, progress   as in `Diagnose`

    Raises `UsageError` for a model that cannot be copied or is not compiled, and for data that do not fit it.
    """
    if steps < 1 or batch_size < 1:
        raise UsageError(f"steps is {steps} and batch_size {batch_size}; give whole numbers of at least 1")
    given = data.checked(x, y, sample_weight, max_samples=steps * batch_size)
    copy = copied(model, loss)
    watch = Diagnose(
        given.x,
        given.y,
        sample_weight=given.weight,
        benchmark=benchmark,
        page=page,
        max_overhead=None,
        try_fixes=try_fixes,
        time_limit=time_limit,
        progress=progress,
    )
    per_epoch = -(-given.samples // batch_size)
    part = given.take(np.random.default_rng(0).permutation(given.samples)[: steps * batch_size])
    fit = {"batch_size": batch_size, "epochs": max(round(steps / per_epoch), 1), "shuffle": True, "verbose": 0, "callbacks": [watch]}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the finding is returned
            copy.fit(part.x, part.y, sample_weight=part.weight, **fit)
    except (ValueError, TypeError, RuntimeError, tf.errors.OpError) as error:  # what Keras and TensorFlow raise for data that do not fit
        if watch.diagnosis is None or watch.diagnosis.healthy:
            raise UsageError(f"the model cannot be trained on these data: {reason(error)}; give x and y as its fit takes them") from None
        watch.try_advice()
        watch.write()
    assert watch.diagnosis is not None
    return watch.diagnosis


def copied(model: keras.Model, loss: Any) -> keras.Model:
    """A compiled copy with the same weights and a fresh optimizer of the same settings."""
    if loss is None and not getattr(model, "compiled", False):
        raise UsageError("the model is not compiled; compile it, or name the loss it is trained with (--loss on the command line)")
    try:
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
    except (ValueError, TypeError, NotImplementedError) as error:
        raise UsageError(f"the model cannot be copied ({str(error).splitlines()[0]}); train it with the callback unvanish.keras.Diagnose instead") from None
    optimizer = getattr(model, "optimizer", None)
    fresh = type(optimizer).from_config(optimizer.get_config()) if optimizer is not None else "adam"
    if isinstance(loss, str):
        try:
            keras.losses.get(loss)
        except ValueError:
            raise UsageError(f"the loss is {loss}, which Keras does not know; give a name such as mean_squared_error") from None
    copy.compile(optimizer=fresh, loss=loss if loss is not None else model.loss)
    return copy
