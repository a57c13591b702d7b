"""`unvanish new`: the smallest plug-in of a kind, to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    kind: Annotated[str, typer.Argument(help="task, model (any Keras model), cell, mitigation, probe, metric, figure or reference.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="The file to write; its stem is the plug-in's name.")],
) -> None:
    """Write the smallest plug-in of a kind to a new file, to start from."""
    from unvanish.suite.plugin_templates import write

    write(kind, file)
    print(f"{file} has the smallest {kind}; change it, then check it:\n  unvanish check {file}")
