"""Windows of consecutive rows, where every sample of a series is a single time step."""

from dataclasses import replace

import keras
import numpy as np

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import is_graph, on_inputs

LENGTH = 20
CODE = f"windows = np.lib.stride_tricks.sliding_window_view(series, {LENGTH}, axis=0)  # of rows in the order of time\n"


def propose(program):
    """For one input of a single step."""
    if len(program.inputs) != 1 or program.inputs[0].ndim != 3 or program.inputs[0].shape[1] != 1 or not is_graph(program.model):
        return []
    return [Change(f"windows of {LENGTH} rows instead of a single step", windowed, CODE)]


def windowed(program):
    """The program with each row's window: itself and the rows before it, the first row repeated before the start."""
    model = on_inputs(program.model, (LENGTH, program.inputs[0].shape[2]))
    rows = np.maximum(np.arange(program.data.samples)[:, None] + np.arange(1 - LENGTH, 1), 0)
    x = keras.tree.map_structure(lambda array: array[rows, 0], program.data.x)
    return replace(program, model=model, data=replace(program.data, x=x))


FIX = Fix("longer_window", frozenset({"no_time_axis", "truncated"}), propose, 4)
