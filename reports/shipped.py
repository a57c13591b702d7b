"""The reference results that ship with unvanish: a benchmark that can be asked where there is none of one's own.

They are kept as plain files, since MLflow's database of them is a hundred times as large: plan.json and context.json (commit, machine,
date), trials.parquet, references.csv, step_costs.csv; and, for readers, conditions.csv and report.html.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pandas as pd

from unvanish.reports.benchmark import Benchmark
from unvanish.suite.experiment.plan_record import read_plan
from unvanish.suite.tables.long_tables import long_tables
from unvanish.suite.tables.schema import REFERENCES, STEP_COSTS, TRIALS, empty, typed

PROFILE = "reference"
INSTALLED, CHECKOUT = Path(__file__).parent / "reference", Path(__file__).resolve().parents[1] / "docs" / "reference"


def folder() -> Path:
    """Return the folder of the files: beside this module in an installed package, in docs in a checkout."""
    return INSTALLED if INSTALLED.is_dir() else CHECKOUT


@cache
def shipped() -> Benchmark:
    """The reference results; without curves, probes and gradients, which would be several megabytes."""
    files = folder()
    costs = files / "step_costs.csv"  # of results that were stored before training steps were timed there is none
    plan, context = ((files / name).read_text(encoding="utf-8") for name in ("plan.json", "context.json"))
    return Benchmark(
        plan=read_plan(plan, str(files)),
        context=json.loads(context),
        times={},
        trials=typed(pd.read_parquet(files / "trials.parquet"), TRIALS),
        long_tables=long_tables(),
        references=typed(pd.read_csv(files / "references.csv"), REFERENCES),
        step_costs=typed(pd.read_csv(costs), STEP_COSTS) if costs.exists() else empty(STEP_COSTS),
    )


def source_of(data: Benchmark) -> str:
    """Name the results for a reader: profile, commit and date."""
    commit, date = data.context.get("git_commit", "unknown")[:12], data.context.get("date", "undated")
    return f"the reference results that ship with unvanish (profile {PROFILE}, commit {commit}, {date})"
