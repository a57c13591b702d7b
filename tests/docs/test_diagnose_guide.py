"""The example of docs/diagnose.md runs and says what the guide says, and the guide lists every rule."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from unvanish.suite.diagnosis.rules import RULES

GUIDE = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text()


@pytest.mark.slow
def test_its_example_names_the_gradient_that_vanished_and_writes_the_page(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("baseline: loss") and "vanished, since step 0" in done.stdout
    assert "What is wrong" in (tmp_path / "diagnosis.html").read_text()


def test_its_table_names_every_rule_that_judges_a_keras_training():
    rules = GUIDE.partition("## The rules")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| (\w+) \|", rules, re.MULTILINE)) == {"cause", *(rule.name for rule in RULES if rule.keras)}
