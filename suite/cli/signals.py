"""Ctrl-C, SIGTERM and SIGHUP end a command once: what it cleans up then is not interrupted by those that follow."""

from __future__ import annotations

import os
import signal
import stat
import sys
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_at_signals() -> None:
    """Raise `KeyboardInterrupt` in the main thread at Ctrl-C, and `SystemExit` at SIGTERM and SIGHUP; ignore all that follow.

    What is ignored already, as `nohup` does it, stays ignored.
    """
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, stop)


def stop(number: int, frame: FrameType | None) -> None:
    """Stop the program; the first signal counts."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if number == signal.SIGHUP:
        leave_terminal()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def leave_terminal() -> None:
    """Send what is still written to the terminal nowhere: once it is closed, writing to it is an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)
