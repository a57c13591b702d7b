"""All that ships, and every example of the documentation, keeps its contract; what is compiled is left to tests/golden and to the slow tests."""

from dataclasses import replace

import pytest

from tests.support.plugins import EXAMPLES
from unvanish.reports.figures import FIGURES
from unvanish.suite import plugins
from unvanish.suite.contracts import mitigation
from unvanish.suite.contracts.mitigation import KINDS, MitigationCase
from unvanish.suite.contracts.subject import SUBJECTS, mitigation_subjects, subjects_of_module, task_subjects
from unvanish.suite.experiment.profile import make_task
from unvanish.suite.mitigations import MITIGATIONS, find
from unvanish.suite.models import MODELS
from unvanish.suite.probes import PROBES
from unvanish.suite.references import REFERENCES
from unvanish.tasks import TASKS
from unvanish.tasks.registry import Registry

LAGS = [(name, lag) for name in TASKS.names for lag in dict.fromkeys((TASKS[name].minimum_lag, TASKS[name].default_lag, 23))]
CURES = [name for name in MITIGATIONS.names if name != "none"]


def fast_kinds(cure):
    """The models that `make test` tries a mitigation on: the first cell that it applies to."""
    return tuple(name for name in ("rnn", "lstm") if find(cure).not_applicable(MODELS[name]) is None)[:1]


def broken(subject, wanted=lambda check: check.name != "compiles"):
    """The checks that do not hold; at least one must have been made."""
    findings = list(subject.findings(wanted))
    assert findings
    return [f"{finding.check}: {finding.sentence} {finding.where}" for finding in findings if finding.result == "does not hold"]


@pytest.mark.parametrize(("name", "lag"), LAGS, ids=lambda value: str(value))
def test_every_task_keeps_its_contract(name, lag):
    if reason := TASKS[name].not_installed():
        pytest.skip(reason)
    (subject,) = task_subjects([make_task(name, lag)])
    assert broken(subject) == []


@pytest.mark.parametrize("name", MODELS.names)
def test_every_model_keeps_its_contract(name):
    assert broken(SUBJECTS["MODEL"](MODELS[name], "")) == []


@pytest.mark.parametrize("name", CURES)
def test_every_mitigation_keeps_its_contract_on_a_cell(name):
    (subject,) = mitigation_subjects([MitigationCase(MITIGATIONS[name](), fast_kinds(name))])
    assert broken(subject) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CURES)
def test_every_mitigation_keeps_its_contract_on_other_models(name):
    (subject,) = mitigation_subjects([MitigationCase(MITIGATIONS[name](), tuple(kind for kind in KINDS if kind not in fast_kinds(name)))])
    assert broken(subject, lambda check: True) == []


@pytest.mark.parametrize("name", PROBES.names)
def test_every_probe_keeps_its_contract(name):
    assert broken(SUBJECTS["PROBE"](PROBES[name], "")) == []


@pytest.mark.parametrize("name", REFERENCES.names)
def test_every_reference_predictor_keeps_its_contract(name):
    assert broken(SUBJECTS["REFERENCE"](REFERENCES[name], "")) == []


@pytest.mark.parametrize("name", FIGURES.names)
def test_every_figure_keeps_its_contract(name):
    assert broken(SUBJECTS["FIGURE"](FIGURES[name], "")) == []


@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_documentation_keeps_its_contract(source, tmp_path):
    (tmp_path / "mine.py").write_text(source)
    plugins.add(tmp_path / "mine.py")
    try:
        (subject,) = subjects_of_module(Registry.plugins[-1])
        if subject.contract is mitigation.CONTRACT:
            subject = replace(subject, make=lambda made=subject.make: replace(made(), models=("rnn",)))
        assert broken(subject) == []
    finally:
        Registry.plugins.clear()
