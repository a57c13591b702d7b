"""README is short, and its examples in Python run; so do those of docs/comparing-cures.md."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests.support.markdown import README, ROOT, page

INTERFACE, WATCHED = README.blocks("python")
(COMPARED,) = page("comparing-cures.md").blocks("python")


def run(source, folder):
    """What a script prints that is run in a folder."""
    (folder / "script.py").write_text(source)
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_has_at_most_120_lines_and_names_every_reader():
    assert len(README.text.split("\n")) <= 121
    assert {"docs/teaching.md", "docs/your-data.md", "docs/comparing-cures.md", "docs/diagnose.md"} <= {path for path, _ in README.links}


@pytest.mark.parametrize("name", ["teaching.md", "your-data.md", "comparing-cures.md", "diagnose.md"])
def test_the_page_of_a_reader_begins_with_the_question_that_the_readme_asks(name):
    (row,) = [line for line in README.text.split("\n") if f"](docs/{name})" in line and line.startswith("|")]
    question = row.split("|")[1].strip()
    first = page(name).text.split("\n\n")[1]
    assert first.startswith("**") and first[2:].split("?")[0].startswith(question.split(":")[0].split("?")[0])


def test_citation_and_changes_are_of_the_version_of_the_package():
    citation, project = (ROOT / "CITATION.cff").read_text(), tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (newest, *_) = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest == project["version"]
    assert f"\nversion: {project['version']}\n" in citation and f"\nlicense: {project['license']}\n" in citation


@pytest.mark.slow
def test_a_benchmark_from_python_is_trained_and_read(tmp_path):
    assert "gradient_clipping" in run(INTERFACE, tmp_path) and (tmp_path / "results" / "mlflow.db").exists()


@pytest.mark.slow
def test_a_training_of_keras_is_diagnosed(tmp_path):
    assert "input scale, since step 0" in run(WATCHED, tmp_path) and (tmp_path / "page.html").exists()


@pytest.mark.slow
def test_the_cures_are_compared_in_python(tmp_path):
    printed = run(COMPARED, tmp_path)
    assert "sum  size" in printed and "gradient_clipping" in printed
