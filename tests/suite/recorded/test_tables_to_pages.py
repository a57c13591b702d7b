"""Every table that is read is trained on to a page with its answer, whatever is odd about it."""

import json

import pytest

import unvanish
from tests.tasks.test_exported_tables import READ, TABLES

pytestmark = pytest.mark.slow  # it trains on sixteen tables

PROFILE = """
description = "tables as programs export them"
models = ["feedforward", "rnn"]
mitigations = ["none"]
hidden_size = 8
batch_size = 8
steps = 40
evaluate_every = 20
validation_sequences = 64
test_sequences = 64
probe_sequences = 8
tuning_seeds = [1]
evaluation_seeds = [101]

[learning_rates]
count = 2
ratio = 10.0
sgd = 0.1
rmsprop = 0.003
adam = 0.003
"""


def as_toml(value):
    """A parameter as TOML writes it."""
    return json.dumps(value) if not isinstance(value, bool) else str(value).lower()


def test_every_table_that_is_read_ends_in_a_page_with_its_answer(tmp_path):
    tasks = []
    for number, (file, given, _, _) in enumerate(READ):
        parameters = ", ".join(f"{name} = {as_toml(value)}" for name, value in ({"file": str(TABLES / file)} | given).items())
        tasks.append(f'[[task]]\nname = "table:t{number}"\nlags = [0]\nparameters = {{ {parameters} }}\n')
    (tmp_path / "tables.toml").write_text(PROFILE + "\n".join(tasks))
    benchmark = unvanish.run(tmp_path / "tables.toml", tmp_path / "results", workers=1)
    assert set(benchmark.trials.status) <= {"finished", "diverged"} and benchmark.n_failed == 0
    page = (tmp_path / "results" / "report.html").read_text()
    answered = {each.task for each in benchmark.recorded}
    for number, (file, *_) in enumerate(READ):
        assert f"table:t{number}" in answered, file
    assert "Traceback" not in page and "Do recurrent networks predict better than simple predictors?" in page
