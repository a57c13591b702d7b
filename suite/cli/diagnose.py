"""`unvanish diagnose`: what is wrong with a Keras model on some data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import Json
from unvanish.suite.cli.terminal import narrow_console, print_json, styled

if TYPE_CHECKING:
    from unvanish.suite.debugger.diagnosis import Diagnosis

WIDTH = 80


def diagnose(
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="A Keras model that model.save wrote; it is not changed.")],
    data: Annotated[Path, typer.Argument(metavar="DATA.npz", help="Arrays x and y, and sample_weight where there is one, as numpy.savez writes them.")],
    loss: Annotated[str | None, typer.Option(help="The loss by Keras' name. [default: the one the model was compiled with]")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of a copy of the model.", min=1)] = 300,
    batch_size: Annotated[int, typer.Option(help="Samples in a training step.", min=1)] = 32,
    benchmark: Annotated[Path | None, typer.Option(help="A folder of results, for evidence of what helped there. [default: the reference results]")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the diagnosis as an HTML page, too.")] = None,
    as_json: Json = False,
) -> None:
    """Train a copy of a Keras model for some steps, and say what is wrong with it, since when and what to try; exit status 0 with findings, too."""
    from unvanish.suite.debugger.files import check_shapes, read_data, read_model
    from unvanish.suite.silence_stderr import silence_stderr

    arrays = read_data(data)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silence_stderr():
        loaded = read_model(model)
        check_shapes(loaded, arrays["x"], data)
        from unvanish.keras import diagnose as diagnose_model

        found = diagnose_model(loaded, **arrays, loss=loss, steps=steps, batch_size=batch_size, benchmark=benchmark, page=page)
    if as_json:
        return print_json(found.as_data())
    print_diagnosis(found)
    if page is not None:
        print(f"\nThe same as a page, with figures: {page}")


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """The outcome, each finding, and the advice on clipping, within 80 columns."""
    from rich.padding import Padding

    terminal = narrow_console(WIDTH)
    reached = diagnosis.outcome
    terminal.print(styled((reached.word, "bold"), f": {reached.sentence}"))
    if not diagnosis.findings:
        terminal.print("Nothing wrong was found.")
    for number, finding in enumerate(diagnosis.causes, 1):
        terminal.print(styled((f"\n{number}. {finding.cause.replace('_', ' ')}", "bold"), f", since step {finding.step}"))
        lines = [finding.what, f"Rule: {finding.why}", f"Try: {finding.advice}", *(f"Measured: {sentence}" for sentence in finding.evidence)]
        for line in lines:
            terminal.print(Padding(line, (0, 0, 0, 3)))
        for line in finding.snippet.splitlines():
            terminal.print(Padding(line, (0, 0, 0, 6)))
    if diagnosis.symptoms:
        terminal.print("\nMay follow from these; look again once they are changed:")
    for finding in diagnosis.symptoms:
        terminal.print(
            Padding(f"{finding.cause.replace('_', ' ')}, since step {finding.step}, from {finding.follows.replace('_', ' ')}: {finding.what}", (0, 0, 0, 3))
        )
    terminal.print(f"\n{diagnosis.clipping.sentence}")
