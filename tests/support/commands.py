"""The command line, called within the process of the tests: to load TensorFlow or MLflow anew for every command takes seconds."""

import os
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from unvanish.suite.cli import main
from unvanish.tasks.registry import Registry


def unvanish(*arguments: Any, cwd: Path | None = None, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Call a command as the shell would, in a folder and with more variables of the environment; the process is left as it was."""
    stdout, stderr = StringIO(), StringIO()
    argv, plugins, handler = sys.argv, list(Registry.plugins), signal.getsignal(signal.SIGTERM)
    sys.argv = ["unvanish", *map(str, arguments)]
    try:
        with chdir(cwd or Path.cwd()), patch.dict(os.environ, env or {}), redirect_stdout(stdout), redirect_stderr(stderr):
            main()
    except SystemExit as end:
        return subprocess.CompletedProcess(sys.argv, int(end.code or 0), stdout.getvalue(), stderr.getvalue())
    finally:
        sys.argv, Registry.plugins[:] = argv, plugins
        signal.signal(signal.SIGTERM, handler)
