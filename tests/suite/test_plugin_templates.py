"""`unvanish new`: what it writes is a plug-in of the kind and of the file's name."""

from pathlib import Path

import pytest

from unvanish.suite import plugin_templates, plugins
from unvanish.suite.mitigations import MITIGATIONS
from unvanish.suite.models import MODELS, Cell, KerasModel
from unvanish.suite.probes import PROBES
from unvanish.suite.references import REFERENCES
from unvanish.tasks import METRICS, TASKS
from unvanish.tasks.errors import UsageError
from unvanish.tasks.registry import Registry


@pytest.fixture(autouse=True)
def no_plugins_left():
    yield
    Registry.plugins.clear()


def test_each_is_a_plugin_of_its_kind_with_the_name_of_its_file(tmp_path):
    for kind in plugin_templates.kinds():
        path = tmp_path / f"my_{kind}.py"
        plugin_templates.write(kind, path)
        plugins.add(path)
    from unvanish.reports.figures import FIGURES

    registries = {
        "task": TASKS,
        "model": MODELS,
        "cell": MODELS,
        "mitigation": MITIGATIONS,
        "probe": PROBES,
        "figure": FIGURES,
        "reference": REFERENCES,
        "metric": METRICS,
    }
    for kind, registry in registries.items():
        assert f"my_{kind}" in registry.names
    assert isinstance(MODELS["my_cell"], Cell) and isinstance(MODELS["my_model"], KerasModel)
    assert TASKS["my_task"].__name__ == "MyTask"


def test_the_documentation_shows_each_of_them():
    text = (Path(__file__).parents[2] / "docs" / "plug-ins.md").read_text()
    shown = [block.removeprefix("python\n") for block in text.split("```") if block.startswith("python\n")]
    assert all(plugin_templates.source(kind) in shown for kind in plugin_templates.kinds())


def test_it_never_writes_over_a_file(tmp_path):
    (tmp_path / "mine.py").write_text("kept")
    with pytest.raises(UsageError, match="exists already, and nothing was written"):
        plugin_templates.write("task", tmp_path / "mine.py")
    assert (tmp_path / "mine.py").read_text() == "kept"


@pytest.mark.parametrize(
    ("kind", "file", "sentence"),
    [
        ("modle", "mine.py", "model"),
        ("task", "mine.txt", "with .py at the end"),
        ("task", "1st.py", "must be letters, digits and _"),
        ("task", "none/mine.py", "cannot be written"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, kind, file, sentence):
    with pytest.raises(UsageError, match=sentence):
        plugin_templates.write(kind, tmp_path / file)
    assert list(tmp_path.iterdir()) == []
