"""`unvanish check` prints a line a check; `plan` and `run` refuse what does not hold in one sentence, before anything is trained."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suite.test_plugins import unvanish
from tests.support.plugins import PARITY, SIGN, STACKED
from unvanish.suite import plugins
from unvanish.suite.contracts import before_training
from unvanish.suite.contracts.check import Finding
from unvanish.suite.experiment.plan import make_plan, select
from unvanish.suite.experiment.profile import load, with_plugin_entries
from unvanish.tasks.errors import UsageError
from unvanish.tasks.registry import Registry

AVERAGE = SIGN.replace('params["size"][:, None] * tf.sign(gradient)', "gradient - tf.reduce_mean(gradient, axis=0)")
NOTHING_TO_LEARN = PARITY.replace("float(np.log(2)), 0.5", "float(np.log(2)), 1.0")


@pytest.fixture
def file(tmp_path):
    """Writes a plug-in to a file."""

    def write(source):
        (tmp_path / "mine.py").write_text(source)
        return tmp_path / "mine.py"

    yield write
    Registry.plugins.clear()


def test_a_task_that_keeps_its_contract_is_told_line_by_line(file):
    found = json.loads(unvanish("check", file(PARITY), "--json").stdout)
    assert {row["subject"] for row in found} == {"task parity"} and {row["result"] for row in found} == {"holds", "not applicable"}
    assert all(row["sentence"] for row in found) and len(found) == 10


def test_exit_status_1_says_that_a_check_does_not_hold(file):
    assert "no network can be better" in " ".join(unvanish("check", file(NOTHING_TO_LEARN), status=1).stdout.split())


def test_a_file_that_cannot_be_loaded_is_wrong_use(file, tmp_path):
    assert "cannot be read" in unvanish("check", tmp_path / "missing.py", status=2).stderr
    assert "line 1: NameError" in unvanish("check", file("MODEL = nothing"), status=2).stderr


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (NOTHING_TO_LEARN, "the task parity at lag 5 of mine.py cannot be used: the baseline leaves something to learn: baseline_metric is 1"),
        (SIGN.replace('    summary = "the sign of each element of the gradient, times a constant"\n', ""), "the mitigation Sign of mine.py has no summary"),
    ],
)
def test_a_plan_is_refused_in_one_sentence(file, source, sentence):
    done = unvanish("plan", "smoke", "--plugin", file(source), status=2)
    assert sentence in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_a_list_of_what_there_is_names_the_attribute_that_is_missing(file):
    done = unvanish("list", "--plugin", file(SIGN.replace('    name = "sign"\n', "")), status=2)
    assert done.stderr == "unvanish: the mitigation Sign of mine.py has no name; see docs/plug-ins.md for what one has\n"


def plan_with(path, selection):
    """The plan of the profile smoke with a plug-in."""
    plugins.add(path)
    return select(make_plan(with_plugin_entries(load("smoke"))), selection)


@pytest.mark.slow
def test_what_is_found_in_a_process_of_its_own_refuses_a_run(file):
    plan = plan_with(file(AVERAGE), "task=first_symbol,model=rnn,mitigation=none|sign")
    with pytest.raises(UsageError, match=r"^the mitigation sign of mine.py cannot be used: independence of trials: on rnn a trial has another .* beside other"):
        before_training.check_before_training(plan)


def test_only_what_a_plan_uses_of_plug_ins_is_checked(file):
    labels = [subject.label for subject in before_training.subjects_of_plan(plan_with(file(SIGN), "task=first_symbol,mitigation=sign"))]
    assert labels == ["mitigation sign"]
    assert before_training.mitigations_of(plan_with(file(SIGN), "mitigation=sign"))[0].models == ("feedforward", "rnn", "lstm", "gru")
    assert before_training.subjects_of_plan(select(make_plan(load("smoke")), "task=first_symbol")) == []


def test_checks_that_do_not_end_are_told_with_the_last_that_did(file, monkeypatch):
    plan = plan_with(file(SIGN), "task=first_symbol,mitigation=sign")
    line = json.dumps({**vars(Finding("mitigation sign", "hooks", "holds", "acts on gradient")), "file": "mine.py"})

    def run(command, **given):
        raise subprocess.TimeoutExpired(command, given["timeout"], output=f"{line}\n".encode())

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(UsageError, match="did not end within 600 s after mitigation sign: hooks"):
        before_training.check_before_training(plan)


def test_the_process_that_tracks_loads_no_tensorflow_for_it(file):
    code = f"from unvanish.suite.cli import main\nimport sys\nsys.argv = ['unvanish', 'plan', 'smoke', '--json', '--plugin', {str(file(SIGN))!r}]\n"
    ask = "try:\n    main()\nfinally:\n    print('tensorflow' in sys.modules, file=sys.stderr)\n"
    done = subprocess.run([sys.executable, "-c", code + ask], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stderr == "False\n"


def test_a_model_that_sees_the_whole_sequence_is_refused_where_a_task_asks_at_more_than_one_step(file):
    source = STACKED.replace("recurrent = True", "recurrent = True\n    causal = False")
    plan = plan_with(file(source), "model=stacked|rnn,mitigation=none")
    assert {condition.task.name for condition in plan.conditions if condition.model == "stacked"} == {
        "first_symbol",
        "adding",
        "temporal_order",
        "exercise_schedule",
    }
    (reason,) = {entry.reason for entry in plan.not_applicable if (entry.model, entry.mitigation) == ("stacked", "none")}
    assert reason.startswith("stacked sees the whole sequence, and copy_memory asks at 6 steps")
    record = plan.record()
    assert record.not_causal == ["stacked"] and record.shown_name("stacked") == "stacked (sees the whole sequence)" and record.shown_name("rnn") == "rnn"
