"""The three experiments, one a level, and the views of them that are worth opening in MLflow's pages.

A level has an experiment of its own, so that a filter, a sort or a chart of trials holds trials only: MLflow adds the parents
of what it finds to a list, but only those of the same experiment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from unvanish.reports.benchmark import TrackingPages
from unvanish.suite.redaction import redact

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
            "columnWidths": {quoted(column): width for column, width in WIDTHS.items() if column in (RUN_NAME, *self.columns)},
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


RUN_NAME = "attributes.Run Name"
ALWAYS_SHOWN = (quoted(RUN_NAME), "runDateAndNestInfo")
WIDTHS = {  # in pixels, where MLflow's 100 cut words short or are more than numbers need
    RUN_NAME: 330,
    "params.profile": 110,
    "params.task": 140,
    "params.lag": 60,
    "params.model": 95,
    "params.mitigation": 185,
    "params.seed": 60,
    "metrics.n_solved": 80,
    "metrics.n_trials": 75,
    "metrics.n_failed": 75,
    "metrics.success_rate": 105,
    "metrics.test/score": 90,
    "metrics.steps_to_solved": 120,
    "metrics.gradient/max_norm": 140,
    "params.cause": 130,
    "params.diagnoses": 200,
    "tags.outcome": 90,
    "tags.cause": 130,
    "tags.rule": 420,
}
SETTINGS = ("params.task", "params.lag", "params.model", "params.mitigation")
# What was measured comes first: the name of a run has its settings already, and a window of 1280 pixels shows a handful of columns.
VIEWS = {
    view.key: view
    for view in (
        View(
            "conditions",
            CONDITIONS,
            "every condition: what solved how often, at which rate, and why the rest failed",
            (
                *("metrics.n_solved", "metrics.n_trials", "metrics.success_rate", "params.cause", "metrics.score", "metrics.steps_to_solved"),
                *("metrics.learning_rate", *SETTINGS, "metrics.success_low", "metrics.success_high", "params.diagnoses"),
            ),
            "metrics.success_rate",
        ),
        View(
            "failures",
            TRIALS,
            "trials that did not solve their task, with the cause and the rule that decided",
            ("tags.outcome", "tags.cause", "metrics.test/score", "metrics.gradient/max_norm", "tags.rule", *SETTINGS, "params.seed", "params.learning_rate"),
            "metrics.gradient/max_norm",
            filter="tags.outcome != 'solved'",
        ),
        View(
            "learning",
            TRIALS,
            "curves of trials: losses, gradient norm and probes over the training steps",
            ("metrics.test/score", "tags.outcome", *SETTINGS, "params.seed"),
            "metrics.test/score",
            charts=True,
        ),
        View(
            "benchmarks",
            BENCHMARKS,
            "every benchmark: how many trials solved their task, and in its note the answer",
            ("metrics.n_solved", "metrics.n_trials", "metrics.n_failed", "metrics.hours", "params.profile", "params.steps", "params.hidden_size"),
            "metrics.n_trials",
        ),
    )
}
DESCRIPTIONS = {
    BENCHMARKS: "A run is one benchmark of **unvanish**: which cure for vanishing and exploding gradients works, for which network, at which lag. "
    "Its note has the answer; its artifacts are the report, the figures and all tables.",
    CONDITIONS: "A run is one condition: a task at a lag, a network and a mitigation. `n_solved` of `n_trials` evaluation trials solved the task, at the "
    "learning rate that tuning chose; `cause` is what most of the others failed of. Its note says so in words, with the command that runs it again.",
    TRIALS: "A run is one evaluation trial: a condition with one seed. `outcome`, `cause` and `rule` say what became of it and why; its metrics are curves "
    "over the training steps.",
}

# For MLflow before its switch between language models and training; with the switch, the address of a view says which.
KIND = {"mlflow.experimentKind": "custom_model_development"}
EXPERIMENTS: dict[str, dict[str, str]] = {
    experiment: KIND
    | {"mlflow.note.content": description}
    | {f"mlflow.sharedViewState.{view.key}": json.dumps(view.state()) for view in VIEWS.values() if view.experiment == experiment}
    for experiment, description in DESCRIPTIONS.items()
}


def links(store: Store, server: str) -> list[tuple[str, str]]:
    """Title and address of each view on a server, the table of conditions first."""
    ids = {BENCHMARKS: store.benchmarks, CONDITIONS: store.conditions, TRIALS: store.trials}
    return [(view.title, view.address(server, ids[view.experiment])) for view in VIEWS.values()]


def pages_at(store: Store, server: str) -> TrackingPages:
    """Return the addresses of a store's pages on a server, without passwords."""
    address = redact(server).rstrip("/")
    return TrackingPages(tuple(links(store, address)), f"{address}/#/experiments/{store.trials}/runs/")
