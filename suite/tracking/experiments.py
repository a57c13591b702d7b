"""The three experiments, one a level, and the views of them that are worth opening in MLflow's pages.

A level has an experiment of its own, so that a filter, a sort or a chart of trials holds trials only: MLflow adds the parents
of what it finds to a list, but only those of the same experiment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from unvanish.suite.tracking.store import Store

BENCHMARKS, CONDITIONS, TRIALS = "unvanish/benchmarks", "unvanish/conditions", "unvanish/trials"


@dataclass(frozen=True)
class View:
    """A shared view of MLflow's pages: columns, filter and order of an experiment's runs.

    columns     `params.x`, `metrics.x`, `tags.x`, from left to right
    order       the column to sort by, largest first unless `ascending`
    charts      opens the charts in place of the table
    """

    key: str
    experiment: str
    title: str
    columns: tuple[str, ...]
    order: str
    ascending: bool = False
    filter: str = ""
    charts: bool = False

    def state(self) -> dict[str, Any]:
        """The content of the experiment's tag that MLflow reads a shared view from."""
        columns = [quoted(column) for column in self.columns]
        return {
            "searchFilter": self.filter,
            "orderByKey": quoted(self.order),
            "orderByAsc": self.ascending,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "modelVersionFilter": "All Runs",
            "datasetsFilter": [],
            "selectedColumns": columns,
            "columnOrder": [*ALWAYS_SHOWN, *columns],  # without it, metrics come before params and both are in order of the alphabet
            "columnWidths": {quoted(column): WIDTHS[column] for column in self.columns if column in WIDTHS},
            "runsHiddenMode": "FIRST_20_RUNS",
            "hideEmptyCharts": True,
            "useGroupedValuesInCharts": True,
        }

    def address(self, server: str, experiment_id: str) -> str:
        """Return the address of the view on a server, in the mode for training runs."""
        query = {"viewStateShareKey": self.key, "workflowType": "machine_learning"}
        return f"{server}/#/experiments/{experiment_id}/runs?{urlencode(query | ({'compareRunsMode': 'CHART'} if self.charts else {}))}"


def quoted(column: str) -> str:
    """`params.lag` -> params.`lag`, as MLflow writes columns."""
    kind, _, name = column.partition(".")
    return f"{kind}.`{name}`"


ALWAYS_SHOWN = ("attributes.`Run Name`", "runDateAndNestInfo")
WIDTHS = {  # in pixels, where MLflow's 100 cut words short or are more than numbers need
    "params.task": 140,
    "params.lag": 60,
    "params.model": 95,
    "params.mitigation": 185,
    "params.seed": 60,
    "metrics.n_solved": 80,
    "metrics.n_trials": 75,
    "metrics.steps_to_solved": 120,
    "metrics.gradient/max_norm": 140,
    "params.cause": 130,
    "params.diagnoses": 200,
    "tags.cause": 130,
    "tags.rule": 420,
}
SETTINGS = ("params.task", "params.lag", "params.model", "params.mitigation")
VIEWS = {
    view.key: view
    for view in (
        View(
            "conditions",
            CONDITIONS,
            "every condition: what solved how often, at which rate, and why the rest failed",
            (
                *SETTINGS,
                *("metrics.n_solved", "metrics.n_trials", "metrics.success_rate", "metrics.success_low", "metrics.success_high", "metrics.score"),
                *("metrics.steps_to_solved", "metrics.learning_rate", "metrics.seconds", "params.cause", "params.diagnoses"),
            ),
            "metrics.success_rate",
        ),
        View(
            "failures",
            TRIALS,
            "trials that did not solve their task, with the cause and the rule that decided",
            (*SETTINGS, "params.seed", "params.learning_rate", "tags.outcome", "tags.cause", "tags.rule", "metrics.test/score", "metrics.gradient/max_norm"),
            "metrics.gradient/max_norm",
            filter="tags.outcome != 'solved'",
        ),
        View(
            "learning",
            TRIALS,
            "curves of trials: losses, gradient norm and probes over the training steps",
            (*SETTINGS, "params.seed", "tags.outcome", "metrics.test/score"),
            "metrics.test/score",
            charts=True,
        ),
    )
}

# For MLflow before its switch between language models and training; with the switch, the address of a view says which.
KIND = {"mlflow.experimentKind": "custom_model_development"}
EXPERIMENTS: dict[str, dict[str, str]] = {
    experiment: KIND | {f"mlflow.sharedViewState.{view.key}": json.dumps(view.state()) for view in VIEWS.values() if view.experiment == experiment}
    for experiment in (BENCHMARKS, CONDITIONS, TRIALS)
}


def links(store: Store, server: str) -> list[tuple[str, str]]:
    """Title and address of each view on a server, the table of conditions first."""
    ids = {BENCHMARKS: store.benchmarks, CONDITIONS: store.conditions, TRIALS: store.trials}
    return [(view.title, view.address(server, ids[view.experiment])) for view in VIEWS.values()]
