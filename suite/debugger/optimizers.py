"""An optimizer with other settings, as a change of a program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from unvanish.suite.debugger.program import Change, NotPossible, Program
from unvanish.suite.debugger.rebuild import first_sentence


def kind(program: Program) -> str:
    """The class of the optimizer, such as Adam; of the inner one where the loss is scaled."""
    return type(inner(program.optimizer)).__name__


def inner(optimizer: Any) -> Any:
    """The optimizer that is told the gradients: that within one that scales the loss."""
    return optimizer.inner_optimizer if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) else optimizer


def rate(program: Program) -> float:
    """The learning rate of the first step, of a schedule too."""
    given = inner(program.optimizer)._learning_rate
    return float(keras.ops.convert_to_numpy(given(0) if isinstance(given, keras.optimizers.schedules.LearningRateSchedule) else given))


def with_settings(program: Program, **settings: Any) -> Program:
    """The program with some settings of its optimizer changed; raises `NotPossible`."""
    optimizer = inner(program.optimizer)
    try:
        changed = type(optimizer).from_config({**optimizer.get_config(), **settings})
    except Exception as error:  # a class of the user's own
        raise NotPossible(f"the optimizer cannot be changed ({first_sentence(error)})") from None
    return replace(program, optimizer=changed)


def with_rate(program: Program, factor: float) -> Change:
    """The change to so many times the learning rate of the first step, without a schedule."""
    before = rate(program)
    after = factor * before
    code = f"keras.optimizers.{kind(program)}({after:.3g})\n"
    return Change(f"learning rate {after:.3g} instead of {before:.3g}", lambda program: with_settings(program, learning_rate=after), code)
