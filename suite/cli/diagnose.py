"""`unvanish diagnose`: what is wrong with a Keras model on some data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import Json
from unvanish.suite.cli.terminal import PlainConsole, narrow_console, print_json, styled
from unvanish.tasks.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from unvanish.suite.debugger.diagnosis import Diagnosis
    from unvanish.suite.diagnosis.tried_fixes import TriedFixes

WIDTH = 80


def diagnose(
    model: Annotated[Path, typer.Argument(metavar="MODEL.keras", help="A Keras model that model.save wrote; it is not changed.")],
    data: Annotated[Path, typer.Argument(metavar="DATA.npz", help="Arrays x and y, and sample_weight where there is one, as numpy.savez writes them.")],
    loss: Annotated[str | None, typer.Option(help="The loss by Keras' name. [default: the one the model was compiled with]")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of a copy of the model.", min=1)] = 300,
    batch_size: Annotated[int, typer.Option(help="Samples in a training step.", min=1)] = 32,
    benchmark: Annotated[Path | None, typer.Option(help="A folder of results, for evidence of what helped there. [default: the reference results]")] = None,
    try_fixes: Annotated[bool, typer.Option("--try", help="Try the advice: train copies with each change, and say which of them help.")] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds that --try may take.", min=1)] = 120.0,
    page: Annotated[Path | None, typer.Option(help="Write the diagnosis as an HTML page, too.")] = None,
    as_json: Json = False,
) -> None:
    """Train a copy of a Keras model for some steps, and say what is wrong with it, since when and what to try; exit status 0 with findings, too."""
    from unvanish.suite.debugger.files import check_shapes, read_data, read_model
    from unvanish.suite.silence_stderr import silence_stderr

    arrays = read_data(data)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with bar(shown=try_fixes) as progress, silence_stderr():
        loaded = read_model(model)
        check_shapes(loaded, arrays["x"], data)
        from unvanish.keras import diagnose as diagnose_model

        found = diagnose_model(
            loaded,
            arrays["x"],
            arrays["y"],
            sample_weight=arrays.get("sample_weight"),
            loss=loss,
            steps=steps,
            batch_size=batch_size,
            benchmark=benchmark,
            page=page,
            try_fixes=try_fixes,
            time_limit=time_limit,
            progress=progress,
        )
    if as_json:
        return print_json(found.as_data())
    print_diagnosis(found)
    if page is not None:
        print(f"\nThe same as a page, with figures: {page}")


@contextmanager
def bar(shown: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar on the terminal of standard error, also while that is silenced; yields what is to be told how many of the trainings are done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with os.fdopen(os.dup(2), "w") as stderr:
        console = PlainConsole(file=stderr)
        columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True) as progress:
            task = progress.add_task("diagnosing", total=None)
            yield lambda done, total, what: progress.update(task, completed=done, total=total, description=printable(what))


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """The outcome, each finding, and the advice on clipping, within 80 columns."""
    from rich.padding import Padding

    terminal = narrow_console(WIDTH)
    reached = diagnosis.outcome
    terminal.print(styled((reached.word, "bold"), f": {reached.sentence}"))
    for compared in diagnosis.record.comparisons:
        terminal.print(compared.sentence)
    if not diagnosis.findings:
        terminal.print(diagnosis.nothing_found)
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
    for sentence in diagnosis.record.not_measured:
        terminal.print(sentence)
    if diagnosis.tried is not None:
        print_tried(diagnosis.tried, terminal)


def print_tried(tried: TriedFixes, terminal: Console) -> None:
    """Each change that was tried and what it did, and the code of those that helped."""
    from rich.padding import Padding

    terminal.print(styled("\n", ("The advice, tried", "bold")))
    for line in tried.lines():
        terminal.print(Padding(line, (0, 0, 0, 3)))
    for fix in tried.helped:
        terminal.print(Padding(f"\nCode of {fix.change}:", (0, 0, 0, 3)))
        for line in fix.code.splitlines():
            terminal.print(Padding(line, (0, 0, 0, 6)))
