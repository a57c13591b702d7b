"""Trains profiles one after the other, each in a folder of its own below the output folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unvanish.suite.experiment.profile import Profile


def train_studies(studies: Iterable[Profile], output: Path, workers: int | None) -> int:
    """Trains what of these profiles is not done yet and writes their reports; the highest exit status of a run."""
    from unvanish.suite.cli.run import run_and_report
    from unvanish.suite.experiment.plan import make_plan
    from unvanish.suite.output import output_folder
    from unvanish.suite.tracking import default_uri

    status = 0
    for study in studies:
        plan = make_plan(study)
        with output_folder(folder_of(study, output)) as folder:
            status = max(status, run_and_report(plan, plan, folder, workers, None, default_uri(output)))
    return status


def folder_of(study: Profile, output: Path) -> Path:
    """Where the report and the tables of a study are."""
    return output / study.name.replace(" ", "-")
