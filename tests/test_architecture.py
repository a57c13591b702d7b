"""One direction of imports, and a way through the repository by its names."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("tasks", "suite", "reports") for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Full names of all modules a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def users_of(module: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in FILES if any(name == module or name.startswith(f"{module}.") for name in imported(path))}


def test_tasks_know_nothing_of_training():
    assert not {path for path in users_of("suite") | users_of("tensorflow") if path.startswith("tasks/")}


def test_reports_know_nothing_of_tensorflow():
    forbidden = [users_of(module) for module in ("tensorflow", "keras", "suite.training", "suite.probing", "mlflow")]
    assert not {path for users in forbidden for path in users if path.startswith("reports/")}


def test_only_tracking_knows_mlflow():
    assert all(path.startswith("suite/tracking/") for path in users_of("mlflow"))


def test_only_the_executor_knows_dask():
    users = users_of("distributed") | users_of("dask")
    assert {path for path in users if not path.startswith("suite/executor/")} == {"suite/benchmark.py"}  # for a type


def package(module: str) -> str:
    """The node of a module in the graph of imports: its folder, or the module itself where it is beside the folders."""
    return ".".join(module.split(".")[:2]) if not module.startswith("tasks") else "tasks"


def imported_when_run(path: Path) -> set[str]:
    """Full names of all modules that a file imports, but for those that only types need."""
    names = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({f"{node.module}.{alias.name}" for alias in node.names} if node.module in ("suite", "reports") else {node.module})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return names


def test_no_two_packages_import_each_other_however_indirectly():
    graph: dict[str, set[str]] = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        own = package(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        used = {package(name) for name in imported_when_run(path) if name.split(".")[0] in ("tasks", "suite", "reports")}
        graph.setdefault(own, set()).update(used - {own})
    graph.pop("suite")  # its __init__ only forwards to suite.benchmark
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def test_suite_does_not_import_reports_but_for_its_outermost_interfaces():
    assert {path for path in users_of("reports") if not path.startswith(("reports/", "suite/cli/", "suite/keras/"))} == set()


def test_only_the_command_line_imports_what_watches_keras_models():
    assert {path for path in users_of("suite.keras") if not path.startswith(("suite/keras/", "suite/cli/"))} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_too_long_to_read_at_once(path):
    assert len(path.read_text().split("\n")) <= 301


def commands() -> list[str]:
    """The lines of the README's code blocks, but for those in Python."""
    blocks = (ROOT / "README.md").read_text().split("```")[1::2]
    return [line for block in blocks if not block.startswith("python") for line in block.strip().split("\n")]


@pytest.mark.parametrize("command", commands())
def test_commands_of_the_readme_exist(command):
    """The Makefile has the target, or the command line the command with these options."""
    words = command.split("#")[0].split()
    if words[0] == "make":
        assert f"\n{words[1]}: " in (ROOT / "Makefile").read_text()
        return
    from typer.main import get_command

    from suite.cli import app

    known = get_command(app).commands[words[1]]
    options = {option for parameter in known.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
