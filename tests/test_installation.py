"""What a user's own project sees of unvanish: one name at the top level, and only the modules that it asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

UNVANISH = str(Path(sys.executable).parent / "unvanish")
OWN = ("suite", "tasks", "reports", "tests")  # the names that the folders of the repository have, too
IMPORT_OWN = "import suite, tasks, reports, tests\n"
STILL_OWN = f"""
import sys
assert all(sys.modules[name].OWNER == "the project" for name in {OWN}), "another module has taken the place of the project's"
"""
DIAGNOSE = """
import keras, numpy as np
from unvanish.keras import Diagnose
random = np.random.default_rng(0)
x, y = random.normal(size=(64, 5, 2)), random.normal(size=(64, 1))
model = keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(4), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(1e4), "mse")  # explodes, so that what helped elsewhere is looked up
watch = Diagnose(x, y)
model.fit(x, y, epochs=2, callbacks=[watch], verbose=0)
print(watch.diagnosis)
"""
ONLY_FOR_BENCHMARKS = ("mlflow", "sqlalchemy", "distributed", "dask", "typer")
RUN = """
import unvanish

if __name__ == "__main__":
    benchmark = unvanish.run("smoke", "results", select="task=first_symbol,lag=4,model=feedforward,mitigation=none", workers=1)
    assert benchmark.n_failed == 0 and set(benchmark.trials.status) == {"finished"}
"""


@pytest.fixture
def project(tmp_path):
    """A project with packages and modules of its own that are called like the folders of the repository."""
    for name in OWN[:2]:
        (tmp_path / f"{name}.py").write_text('OWNER = "the project"\n')
    for name in OWN[2:]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('OWNER = "the project"\n')
    return tmp_path


def run(project, script):
    """Run a script of the project, in its folder; returns what it printed."""
    (project / "script.py").write_text(script)
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=project, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_interface_works_beside_a_projects_own_modules_of_the_same_names(project):
    interface = "import unvanish, unvanish.plugins\nfrom unvanish.plugins import Task, Mitigation, KerasModel\nassert unvanish.load and unvanish.UsageError\n"
    run(project, IMPORT_OWN + interface + STILL_OWN)


def test_the_command_works_in_a_project_with_modules_of_the_same_names(project):
    done = subprocess.run([UNVANISH, "list"], cwd=project, capture_output=True, text=True, timeout=400, check=True)
    assert "gradient_clipping" in done.stdout


@pytest.mark.slow
def test_a_diagnosis_of_a_keras_model_imports_nothing_that_only_benchmarks_need(project):
    report = f"print('imported:', [name for name in {ONLY_FOR_BENCHMARKS} if name in sys.modules])"
    printed = run(project, IMPORT_OWN + DIAGNOSE + STILL_OWN + report)
    assert printed.rstrip().endswith("imported: []"), printed


@pytest.mark.slow
def test_a_benchmark_runs_on_worker_processes_in_such_a_project(project):
    run(project, IMPORT_OWN + RUN + STILL_OWN)
    assert (project / "results" / "report.html").exists() or (project / "results" / "mlflow.db").exists()
