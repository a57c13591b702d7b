"""The example of docs/diagnose.md runs and says what the guide says, and the guide lists every rule."""

import re
import subprocess
import sys
from pathlib import Path

from unvanish.suite.debugger.rules import RULES

GUIDE = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text()


def test_its_example_names_the_vanishing_gradient_and_writes_the_page(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("baseline: loss") and "vanishing, since step 0" in done.stdout
    assert "What is wrong" in (tmp_path / "diagnosis.html").read_text()


def test_it_lists_every_rule():
    assert set(re.findall(r"^\| (\w+) \|", GUIDE, re.MULTILINE)) == {"cause", *RULES.names}
