"""One direction of imports."""

import ast
import graphlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("tasks", "suite", "reports") for path in (ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> tuple[set[str], set[str]]:
    """Full names of what a file imports: anywhere in it, and anywhere but for types alone; `from a import b` counts as a.b."""
    anywhere: set[str] = set()
    when_run: set[str] = set()

    def visit(node: ast.AST, for_types: bool) -> None:
        names: set[str] = set()
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
        anywhere.update(names)
        when_run.update(set() if for_types else names)
        for_types = for_types or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for child in ast.iter_child_nodes(node):
            visit(child, for_types)

    visit(ast.parse(path.read_text()), False)
    return anywhere, when_run


def users_of(module: str) -> set[str]:
    """The files that import a module or something of it, for types or when run."""
    return {str(path.relative_to(ROOT)) for path in FILES if any(name == module or name.startswith(f"{module}.") for name in imports(path)[0])}


def test_tasks_know_nothing_of_training():
    users = [users_of(module) for module in ("unvanish.suite", "unvanish.reports", "tensorflow")]
    assert not {path for found in users for path in found if path.startswith("tasks/")}


def test_reports_know_nothing_of_tensorflow():
    forbidden = [users_of(module) for module in ("tensorflow", "keras", "unvanish.suite.training", "unvanish.suite.probes.measurement", "mlflow")]
    assert not {path for users in forbidden for path in users if path.startswith("reports/")}


def test_only_tracking_knows_mlflow():
    assert all(path.startswith("suite/tracking/") for path in users_of("mlflow"))


def test_only_execution_knows_dask():
    users = users_of("distributed") | users_of("dask")
    assert {path for path in users if not path.startswith("suite/execution/")} == {"suite/run.py"}  # for a type


def room(module: str) -> str:
    """The node of a module in the graph of imports: its folder below suite or reports, or the module itself where it lies beside the folders."""
    return ".".join(module.split(".")[1:3]) if not module.startswith("unvanish.tasks") else "tasks"


def test_no_two_packages_import_each_other_however_indirectly():
    graph: dict[str, set[str]] = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        own = room(".".join(["unvanish", *(parts[:-1] if parts[-1] == "__init__" else parts)]))
        used = {room(name) for name in imports(path)[1] if name.startswith(("unvanish.tasks", "unvanish.suite.", "unvanish.reports."))}
        graph.setdefault(own, set()).update(used - {own})
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def test_suite_does_not_import_reports_but_for_its_outermost_interfaces():
    outermost = ("suite/cli/", "suite/contracts/", "suite/debugger/", "suite/run.py", "suite/tracking/", "suite/plugin_templates/")  # the last are plug-ins
    assert {path for path in users_of("unvanish.reports") if not path.startswith(("reports/", *outermost))} == set()


def test_only_the_command_line_imports_what_watches_keras_models():
    allowed = ("suite/debugger/", "suite/cli/")
    assert {path for path in users_of("unvanish.suite.debugger") if not path.startswith(allowed)} == set()
