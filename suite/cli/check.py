"""`unvanish check`: what a plug-in keeps of its contract, and what not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unvanish.suite.cli.options import Json, Plugin
from unvanish.suite.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from unvanish.suite.contracts.check import Finding


def check(
    file: Annotated[Path, typer.Argument(help="A Python file with a task, model, mitigation, probe, figure or reference predictor of your own.")],
    plugin: Plugin = None,
    as_json: Json = False,
) -> int:
    """Check a plug-in in seconds: one line for each check, and exit status 1 where one does not hold."""
    from unvanish.suite import plugins
    from unvanish.suite.contracts.subject import subjects_of_module

    plugins.add(file)
    subjects = subjects_of_module(plugins.load(plugins.read(file)))
    if any(each.stage != "plan" for subject in subjects for each in subject.contract):
        from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        prepare_tensorflow()
    findings = [finding for subject in subjects for finding in subject.findings()]
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        print_findings(findings)
    return int(any(finding.result == "does not hold" for finding in findings))


def print_findings(findings: list[Finding]) -> None:
    """Print a table with a row a finding for each subject."""
    for subject in dict.fromkeys(finding.subject for finding in findings):
        rows = [[found.check, found.result, with_place(found)] for found in findings if found.subject == subject]
        print_table(["check", "result", "what was seen"], rows, title=subject, unbroken=["check", "result"])


def with_place(finding: Finding) -> str:
    """Return the sentence of a finding, with the file and line of the plug-in where there is one."""
    return f"{finding.sentence} ({finding.where})" if finding.where else finding.sentence
