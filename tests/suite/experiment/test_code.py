"""The digest of the code that decides results: what changes a number changes it, comments do not."""

import shutil
from pathlib import Path

import pytest

from unvanish.suite.experiment.code import LOADED, Code, deciding_files, digest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path):
    for package in ("suite", "tasks"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_copy_elsewhere_has_the_same_digest(copy):
    assert digest(copy) == digest(ROOT) == LOADED.digest


@pytest.mark.parametrize(
    "file",
    [
        "suite/mitigations/gradient_clipping.py",
        "suite/probes/saturated.py",
        "suite/models/lstm.py",
        "suite/mitigations/relu.py",
        "suite/references/window.py",
        "suite/execution/protocol.py",
        "suite/execution/worker.py",
        "tasks/adding.py",
        "tasks/seeding.py",
    ],
)
def test_a_constant_anywhere_in_what_computes_changes_it_and_a_comment_does_not(copy, file):
    path = copy / file
    text = path.read_text()
    path.write_text(text.replace('"""', '"""Another docstring. ', 1) + "\n\n\n# a comment\n")
    assert digest(copy) == LOADED.digest
    path.write_text(text + "\n\nANOTHER = 1\n")
    assert digest(copy) != LOADED.digest


def test_a_new_file_changes_it_and_the_command_line_does_not(copy):
    (copy / "suite" / "cli" / "mine.py").write_text("X = 1\n")
    assert digest(copy) == LOADED.digest
    (copy / "suite" / "mitigations" / "mine.py").write_text("X = 1\n")
    assert digest(copy) != LOADED.digest


def test_no_file_that_workers_load_to_train_is_left_out():
    """Everything of this project that a process has loaded after it has a trainer, but for what starts, stores or shows."""
    import subprocess
    import sys

    code = (
        "import sys, unvanish.suite.execution.worker, unvanish.suite.execution.protocol\n"
        "print('\\n'.join(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in ('suite', 'tasks') and getattr(m, '__file__', None)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    decides = {str(path) for path in deciding_files(ROOT)}
    starts_only = {str(ROOT / "suite" / name) for name in ("redaction.py",)}
    assert len(loaded) > 40 and set(loaded) - decides <= starts_only


def test_versions_that_differ_are_named():
    other = Code(LOADED.digest, {**LOADED.versions, "numpy": "1.0"})
    assert LOADED.differences(other) == [f"numpy 1.0 instead of {LOADED.versions['numpy']}"]
    assert LOADED.differences(LOADED) == []
    assert LOADED.differences(Code("0", LOADED.versions)) == ["other source of suite or tasks"]
