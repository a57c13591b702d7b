"""A plan as plain data: what `plan --json` prints and a benchmark's run keeps. It can be read where none of its tasks, models or plug-ins exist."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unvanish.suite.experiment.profile import Profile
from unvanish.suite.experiment.tuning import RateGrid
from unvanish.suite.recorded_plugins import RecordedPlugin
from unvanish.tasks.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Name = Annotated[str, Field(max_length=300)]  # a figure could not hold a longer one
SEES_FUTURE = " (sees the whole sequence)"  # beside the name of a model that is not causal


class Record(BaseModel):
    """The base class of the parts of a plan: frozen data, validated."""

    model_config = ConfigDict(frozen=True)


class Counts(Record):
    """The numbers of cohorts, conditions and trials of a plan.

    tuning_trials, trials             the fewest: where every best rate is inside the first grid
    most_tuning_trials, most_trials   where every grid of learning rates grows as far as it may
    runs                              those that MLflow will hold
    """

    cohorts: int
    conditions: int
    not_applicable: int
    no_gradient: int
    tuning_trials: int
    most_tuning_trials: int
    evaluation_trials: int
    trials: int
    most_trials: int
    runs: int


class PlannedTask(Record):
    """A task at a lag; see `unvanish.tasks.Task` for what the fields mean, and `unvanish.tasks.Metric` for `better` and `share`."""

    task: Name
    lag: int
    parameters: dict[str, Any]
    summary: str
    reference: str
    source_rows: str
    length: int
    information_distance: int
    metric: str
    metric_label: str
    better: Literal["higher", "lower"]
    share: bool
    baseline_loss: float
    baseline_metric: float
    solved_at_metric: float


class PlannedCondition(Record):
    """A condition.

    learning_rates       the first ones; the grid may grow
    tuning_trials, most_tuning_trials   the fewest, and those if it grows as far as it may
    no_gradient          why no gradient comes from the step at which the information arrives, None where one does
    """

    task: Name
    lag: int
    model: Name
    mitigation: Name
    hidden_size: int
    parameters: int
    learning_rates: list[float]
    tuning_trials: int
    most_tuning_trials: int
    evaluation_trials: int
    no_gradient: str | None
    fingerprint: str

    @property
    def key(self) -> tuple[str, int, str, str]:
        return self.task, self.lag, self.model, self.mitigation


class NotApplicable(Record):
    """A condition that has no meaning, and why; listed, never left out silently."""

    task: Name
    lag: int
    model: Name
    mitigation: Name
    reason: str


class PlanRecord(Record):
    """The content of plan.json.

    source      what was given as the profile, a name or the path of a file; None where it was made in Python
    plugins     the plug-ins in use
    not_causal  the models that see the whole sequence
    """

    source: str | None
    profile: Profile
    plugins: list[RecordedPlugin]
    counts: Counts
    tasks: list[PlannedTask]
    conditions: list[PlannedCondition]
    not_applicable: list[NotApplicable]
    not_causal: list[str] = []

    def command(self, *options: str) -> str | None:
        """The command that runs the profile with its plug-ins, from the folder where they were given; None where the profile was made in Python."""
        if self.source is None:
            return None
        named = {str(Path(self.source).parent / plugin) for plugin in self.profile.plugins}  # by the profile, which loads them itself
        plugins = [word for plugin in self.plugins if plugin.given not in named for word in ("--plugin", plugin.given)]
        return shlex.join(["unvanish", "run", self.source, *plugins, *options])

    def repeat_command(self, task: str, lag: int, model: str, mitigation: str) -> str | None:
        """The command that trains a condition anew, into a folder of its own; None where the profile was made in Python."""
        chosen = f"task={task},lag={lag},model={model},mitigation={mitigation}"
        return self.command("--output", "again", "--select", chosen, "--fresh")

    def task(self, name: str, lag: int) -> PlannedTask:
        """The task of this name at this lag; raises `KeyError` where the plan has none."""
        return self._task_by_lag[name, lag]

    def shown_name(self, model: str) -> str:
        """The name of a model as pages and tables show it."""
        return model + SEES_FUTURE * (model in self.not_causal)

    def rate_grid(self, condition: PlannedCondition) -> RateGrid:
        """The learning rates of a condition, and how far they may grow."""
        return RateGrid(tuple(condition.learning_rates), self.profile.learning_rates.ratio, self.profile.learning_rates.limit)

    @cached_property
    def _task_by_lag(self) -> dict[tuple[str, int], PlannedTask]:
        return {(task.task, task.lag): task for task in self.tasks}

    @cached_property
    def longest_lags(self) -> dict[str, int]:
        """The longest lag of each task, by its name."""
        longest: dict[str, int] = {}
        for task in self.tasks:
            longest[task.task] = max(task.lag, longest.get(task.task, 0))
        return longest

    @cached_property
    def tasks_table(self) -> pd.DataFrame:
        """One row a task and lag, a column a field of `PlannedTask`."""
        return frame(PlannedTask, self.tasks)

    @cached_property
    def conditions_table(self) -> pd.DataFrame:
        """One row a condition, a column a field of `PlannedCondition`."""
        return frame(PlannedCondition, self.conditions)


def frame(kind: type[Record], entries: Iterable[Record]) -> pd.DataFrame:
    """The fields of records as columns."""
    import pandas as pd  # here, since `plan` and `list` need no tables

    return pd.DataFrame([entry.model_dump() for entry in entries], columns=list(kind.model_fields))


def read_plan(text: str, source: str) -> PlanRecord:
    """Return the plan that a run keeps as JSON; raises `UsageError`, which names the `source`, where another version of this project wrote it."""
    try:
        return PlanRecord.model_validate_json(text)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UsageError(
            f"the plan of the benchmark at {source} was written by another version of unvanish ({place}: {error.errors()[0]['msg'].lower()}); "
            "run the same profile again, or use another folder"
        ) from None


def group_reasons(entries: Iterable[PlannedCondition] | Iterable[NotApplicable], reason: str) -> list[str]:
    """A line for each value of the field `reason`, with the tasks, lags, models and mitigations it holds for."""
    by_reason: dict[str, list[PlannedCondition | NotApplicable]] = {}
    for entry in entries:
        by_reason.setdefault(getattr(entry, reason), []).append(entry)
    lines = []
    for why, group in by_reason.items():
        models, mitigations, tasks = (dict.fromkeys(getattr(entry, key) for entry in group) for key in ("model", "mitigation", "task"))
        where = [f"{task} lag {', '.join(dict.fromkeys(str(entry.lag) for entry in group if entry.task == task))}" for task in tasks]
        lines.append(f"{', '.join(models)} with {', '.join(mitigations)} on {'; '.join(where)}: {why}")
    return lines
