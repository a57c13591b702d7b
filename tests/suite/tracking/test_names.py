"""Names that MLflow would refuse, and with them all that is written at once, are written with other characters."""

import pytest
from mlflow.utils.validation import _validate_logged_model_name, _validate_metric_name

from tests.support.hostile import hostile
from unvanish.suite.plugins import Plugin
from unvanish.suite.tracking.diagnoses import metric_name
from unvanish.suite.tracking.logged_model import model_name

NAMES = ["lstm", "dense_1", "a.b", "..", ".", "a/b", "\u00fc", "x" * 999, hostile("name")]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_mlflow_takes_a_name_made_of_any_other(name):
    _validate_metric_name(f"spectral_radius/{metric_name(name)}")
    _validate_logged_model_name(model_name(f"table:{name}", 5, name, "gradient_clipping(threshold=0.3)"))
    assert len(metric_name(name)) <= 200 and len(model_name(name, 1, name, name)) <= 250


def test_names_that_it_takes_stay_as_they_are():
    assert metric_name("dense_1") == "dense_1"
    assert model_name("first_symbol", 25, "lstm", "a+b(c=0.3)") == "first_symbol-lag-25-lstm-a+b(c=0_3)"


def test_the_file_of_a_plug_in_among_the_artifacts_has_a_name_that_a_file_system_takes():
    name = f"{Plugin('../' + 'x' * 250 + '.py', '').module_name}.py"
    assert len(name) < 120 and "/" not in name and ".." not in name
