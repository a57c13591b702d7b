"""The command line. Each command is one file; what a command needs is imported when it runs, so `--help` stays quick."""

from __future__ import annotations

import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, NoReturn, TextIO

import typer
from typer.exceptions import TyperException

from unvanish.suite.cli.advise import advise
from unvanish.suite.cli.check import check
from unvanish.suite.cli.compare import compare
from unvanish.suite.cli.diagnose import diagnose
from unvanish.suite.cli.explain import explain
from unvanish.suite.cli.export import export
from unvanish.suite.cli.list import list_
from unvanish.suite.cli.new import new
from unvanish.suite.cli.plan import plan
from unvanish.suite.cli.predict import predict
from unvanish.suite.cli.report import report
from unvanish.suite.cli.reproduce import reproduce
from unvanish.suite.cli.run import run
from unvanish.suite.cli.show import show
from unvanish.suite.cli.signals import stop_at_signals
from unvanish.suite.cli.sync import sync
from unvanish.suite.cli.ui import ui
from unvanish.suite.cli.validate import validate
from unvanish.suite.output import DamagedResultsWarning
from unvanish.suite.recorded_plugins import PluginWarning
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError, printable, shortened

USAGE_ERROR = 2
MAX_LINE = 700  # characters of an error
FOR_USERS = (PluginWarning, DamagedResultsWarning)

app = typer.Typer(
    name="unvanish",
    help="Which cure for vanishing and exploding gradients works for which recurrent network, at which lag, and what it costs.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(list_)
for command in (show, explain, new, check, plan, run, sync, report, advise, diagnose, predict, compare, reproduce, validate, ui, export):
    app.command()(command)


@app.callback(invoke_without_command=True)
def unvanish(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Print the version, or the help where no command is given."""
    if show_version:
        print(f"unvanish {version('unvanish')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())
    else:
        return
    raise typer.Exit


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Print each warning that is for a user as one line on standard error, and any other warning as before."""
    with warnings.catch_warnings():
        show_others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None) -> None:
            if issubclass(category, FOR_USERS):
                print_line(str(message))
            else:
                show_others(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        for category in FOR_USERS:
            warnings.simplefilter("always", category)
        yield


def print_line(message: str) -> None:
    """Print a sentence as one line on standard error: without passwords, escaped, and shortened where what it names is long."""
    print(f"unvanish: {shortened(printable(redact(' '.join(message.splitlines()))), MAX_LINE)}", file=sys.stderr)


def refuse_empty(arguments: Sequence[str]) -> None:
    """Raise `UsageError` for an argument that is empty: a path would be the folder that the command is given in, and a selection everything."""
    for before, argument in zip(["", *arguments], arguments, strict=False):
        option, _, value = argument.partition("=")
        if not argument or (option.startswith("--") and not value and argument.endswith("=")):
            name = option or (before if before.startswith("--") else "an argument")
            raise UsageError(f"{name} is empty; give a value, or leave it out")


def main() -> NoReturn:
    """Exit status: 0 done, 1 some trials failed to run or a check does not hold, 2 wrong use, 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP."""
    stop_at_signals()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what the terminal has no character for, such as a path that is no text
    try:
        refuse_empty(sys.argv[1:])
        with warnings_as_lines():
            status = app(standalone_mode=False)
    except (UsageError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        if message:
            print_line(message)
        status = USAGE_ERROR
    except (KeyboardInterrupt, typer.Abort):
        status = 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of a pipe, head for one, has seen enough
        sys.stderr.close()
        status = 0
    except Exception:  # a mistake of this program: all that is known of it, but for passwords
        print(printable(redact(traceback.format_exc()), keep="\n"), end="", file=sys.stderr)
        status = 1
    sys.exit(status or 0)
