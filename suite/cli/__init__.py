"""The command line. Each command is one file; what a command needs is imported when it runs, so `--help` stays quick."""

from __future__ import annotations

import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
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
from unvanish.suite.cli.sync import sync
from unvanish.suite.cli.ui import ui
from unvanish.suite.cli.validate import validate
from unvanish.suite.recorded_plugins import PluginWarning
from unvanish.suite.redaction import redact
from unvanish.tasks.errors import UsageError

USAGE_ERROR = 2

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
def plugin_warnings_as_lines() -> Iterator[None]:
    """Print each warning on a plug-in as one line on standard error, and any other warning as before."""
    with warnings.catch_warnings():
        show_others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None) -> None:
            if issubclass(category, PluginWarning):
                print(f"unvanish: {redact(str(message))}", file=sys.stderr)
            else:
                show_others(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        warnings.simplefilter("always", PluginWarning)
        yield


def main() -> NoReturn:
    """Exit status: 0 done, 1 some trials failed to run or a check does not hold, 2 wrong use, 130 stopped by Ctrl-C, 143 by SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with plugin_warnings_as_lines():
            status = app(standalone_mode=False)
    except (UsageError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        if message:
            print(f"unvanish: {redact(' '.join(message.split()))}", file=sys.stderr)
        status = USAGE_ERROR
    except (KeyboardInterrupt, typer.Abort):
        print("unvanish: stopped", file=sys.stderr)
        status = 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of a pipe, head for one, has seen enough
        sys.stderr.close()
        status = 0
    except Exception:  # a mistake of this program: all that is known of it, but for passwords
        print(redact(traceback.format_exc()), end="", file=sys.stderr)
        status = 1
    sys.exit(status or 0)
