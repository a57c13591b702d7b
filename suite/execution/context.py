"""The context of a benchmark: versions, machine, commit and command, so that its numbers can be had again."""

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

from unvanish.suite.redaction import redact

ROOT = Path(__file__).resolve().parents[2]


def context(command: str) -> dict[str, str]:
    """Facts by name; `command` runs the benchmark again, without passwords of addresses. The commit is missing outside a git checkout."""
    facts = {name: version(name) for name in ("unvanish", "tensorflow", "keras", "numpy", "mlflow")}
    facts |= {"python": platform.python_version(), "platform": platform.platform(), "cores": str(len(os.sched_getaffinity(0)))}
    facts["device"] = "GPU" if os.path.exists("/dev/nvidia0") else "CPU"
    facts["date"] = date.today().isoformat()
    facts["command"] = redact(command)
    git = (
        subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40"], capture_output=True, text=True, check=False)
        if (ROOT / ".git").exists()
        else None
    )
    if git and git.returncode == 0:
        facts["git_commit"] = git.stdout.strip()
    return facts
