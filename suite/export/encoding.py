"""The meaning of the inputs and outputs of an exported model, for whoever has the file alone."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from unvanish.suite.models import Model
from unvanish.tasks import Task

ENCODING_FILE = "unvanish.json"  # in the .keras file, which is a zip archive; Keras leaves what it does not know alone


def encoding(task: Task, model: Model) -> dict[str, Any]:
    """The shapes and the meaning of every input and output, as plain data."""
    steps = "time, " if not model.memoryless else ""
    at_every_step = "time, " if not model.memoryless and len(task.loss_steps) > 1 else ""
    return {
        "task": task.name,
        "lag": task.lag,
        "summary": task.summary,
        "model": model.name,
        "inputs": {"dtype": "float32", "shape": f"[batch, {steps}{task.input_size}]", "columns": list(task.input_names)},
        "outputs": {
            "dtype": "float32",
            "shape": f"[batch, {at_every_step}{task.output_size}]",
            "columns": list(task.output_names),
            "meaning": "values" if task.kind == "regression" else "logits: the largest is the answer, a softmax over them gives probabilities",
        },
        **({"log": task.log_encoding.as_data()} if task.log_encoding else {}),
    }


def in_lines(described: dict[str, Any]) -> list[str]:
    """The same for a terminal."""
    inputs, outputs = described["inputs"], described["outputs"]
    return [
        f"input   {inputs['dtype']} {inputs['shape']}: {columns(inputs['columns'])}",
        f"output  {outputs['dtype']} {outputs['shape']}, {outputs['meaning']}: {columns(outputs['columns'])}",
    ]


def columns(names: list[str]) -> str:
    """Column numbers and names; neighbours that share their first word are named together, as in `0-7 symbol 1, 2, ...`."""
    groups = []
    for first, group in groupby(enumerate(names), key=lambda column: column[1].split(" ")[0]):
        members = list(group)
        if len(members) == 1:
            groups.append(f"{members[0][0]} {members[0][1]}")
        else:
            groups.append(f"{members[0][0]}-{members[-1][0]} {first} {', '.join(name.removeprefix(first).strip() for _, name in members)}")
    return "; ".join(groups)
