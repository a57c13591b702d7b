"""The checks of the plug-ins that a plan uses, before anything is trained; what ships is checked by tests.

Checks that take seconds or need TensorFlow are made in a process of their own, so that the one that tracks need not load it, and a plug-in that
hangs is noticed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from unvanish.suite import plugins
from unvanish.suite.contracts.check import Check, Finding
from unvanish.suite.contracts.mitigation import MitigationCase
from unvanish.suite.contracts.subject import Subject, added_subjects, mitigation_subjects, model_subjects, task_subjects
from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow
from unvanish.suite.experiment.plan import Plan
from unvanish.suite.experiment.versions import is_shipped
from unvanish.suite.mitigations import MITIGATIONS, Mitigation, with_parameters
from unvanish.suite.models import MODELS, Cell, Model
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError

TIME_LIMIT = 600.0  # seconds for all checks of a plan's plug-ins


def check_plan(plan: Plan) -> None:
    """Make the checks of the plug-ins that a plan uses which take no time; raises `UsageError` where one does not hold."""
    for subject in subjects_of_plan(plan):
        for finding in subject.findings(before_plan):
            refuse(finding, subject.file)


def check_before_training(plan: Plan) -> None:
    """Make the other checks of the plug-ins that a plan uses; raises `UsageError` where one does not hold, or they do not end."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "unvanish.suite.contracts.before_training"]
    try:
        done = subprocess.run(command, input=request_of(plan), capture_output=True, text=True, timeout=TIME_LIMIT, check=False, env=environment)
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout.decode() if isinstance(expired.stdout, bytes) else expired.stdout or ""
        last = [json.loads(line) for line in output.splitlines() if line.endswith("}")][-1:]
        after = f" after {last[0]['subject']}: {last[0]['check']}" if last else ""
        raise UsageError(f"the checks of the plug-ins did not end within {TIME_LIMIT:g} s{after}; `unvanish check FILE.py` shows which one hangs") from None
    for line in done.stdout.splitlines():
        found = json.loads(line)
        refuse(Finding(**{name: value for name, value in found.items() if name != "file"}), found["file"])
    if done.returncode:
        last_line = (done.stderr.strip() or "no message").splitlines()[-1]
        raise UsageError(f"the checks of the plug-ins ended with {last_line}; `unvanish check FILE.py` shows which one did")


def refuse(finding: Finding, file: str) -> None:
    """Raise `UsageError` for a check that does not hold."""
    if finding.result == "does not hold":
        where = f" ({Path(finding.where).name})" if finding.where else ""
        name = Path(file).name
        raise UsageError(
            f"the {finding.subject} of {name} cannot be used: {finding.check}: {finding.sentence}{where}; `unvanish check {name}` makes all checks"
        )


def before_plan(check: Check) -> bool:
    """Return whether a check is made before a plan is shown."""
    return check.stage == "plan"


def before_training(check: Check) -> bool:
    """Return whether a check is made before training alone."""
    return check.stage == "run"


def subjects_of_plan(plan: Plan) -> list[Subject]:
    """Return what a plan uses of plug-ins and installed packages."""
    return [*task_subjects(tasks_of(plan)), *model_subjects(models_of(plan)), *mitigation_subjects(mitigations_of(plan)), *added_subjects()]


def tasks_of(plan: Plan) -> list[Task]:
    """Return the tasks that are not shipped, each at its shortest and its longest lag."""
    tasks = [task for task in dict.fromkeys(cohort.task for cohort in plan.cohorts) if not is_shipped(type(task).__module__)]
    by_name: dict[str, list[Task]] = {}
    for task in sorted(tasks, key=lambda task: task.lag):
        by_name.setdefault(task.name, []).append(task)
    return [task for group in by_name.values() for task in dict.fromkeys((group[0], group[-1]))]


def models_of(plan: Plan) -> list[Model]:
    """Return the models that are not shipped."""
    models = [MODELS[name] for name in dict.fromkeys(cohort.model for cohort in plan.cohorts)]
    return [model for model in models if not is_shipped(type(model).__module__)]


def mitigations_of(plan: Plan) -> list[MitigationCase]:
    """Return the mitigations that are not shipped, to be tried on the first model of each kind that the plan uses them with."""
    models: dict[Mitigation, dict[tuple[bool, ...], str]] = {}
    for condition in plan.conditions:
        for part in condition.mitigations.parts:
            if not is_shipped(type(part).__module__):
                models.setdefault(part, {}).setdefault(kind_of(MODELS[condition.model]), condition.model)
    return [MitigationCase(part, tuple(chosen.values())) for part, chosen in models.items()]


def kind_of(model: Model) -> tuple[bool, ...]:
    """Return what a mitigation may do something else for."""
    return isinstance(model, Cell), model.memoryless, model.gated, len(getattr(model, "states", ())) > 1


def request_of(plan: Plan) -> str:
    """Return what the process that makes checks needs, as JSON."""
    mitigations = [(case.mitigation.name, case.mitigation.parameters, case.models) for case in mitigations_of(plan)]
    loaded = [(plugin.name, plugin.source) for plugin in plugins.active()]
    return json.dumps({"plugins": loaded, "models": [model.name for model in models_of(plan)], "mitigations": mitigations})


def requested_subjects(request: dict[str, Any]) -> list[Subject]:
    """Return what a request names."""
    plugins.activate([plugins.Plugin(name, source) for name, source in request["plugins"]])
    cases = [MitigationCase(with_parameters(MITIGATIONS[name], parameters), tuple(models)) for name, parameters, models in request["mitigations"]]
    return [*model_subjects(MODELS[name] for name in request["models"]), *mitigation_subjects(cases), *added_subjects()]


def main() -> None:
    """Make the checks of the request on standard input until one does not hold; a line of JSON each on standard output, where no plug-in can print."""
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        subjects = requested_subjects(json.load(sys.stdin))
        prepare_tensorflow()
        for subject in subjects:
            for finding in subject.findings(before_training):
                print(json.dumps({**vars(finding), "file": subject.file}), file=answers, flush=True)
                if finding.result == "does not hold":
                    return


if __name__ == "__main__":
    main()
