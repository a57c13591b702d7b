"""Plans: the conditions of a profile, and the cohorts that train them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from unvanish.suite.experiment.limits import MAX_TEXT
from unvanish.suite.experiment.plan_record import Counts, NotApplicable, PlannedCondition, PlannedTask, PlanRecord
from unvanish.suite.experiment.profile import Profile, check_names, hidden_size_of, load, with_plugin_entries
from unvanish.suite.experiment.tuning import RateGrid
from unvanish.suite.experiment.versions import engine, version_of_class, version_of_task
from unvanish.suite.mitigations import Combination, find
from unvanish.suite.models import MODELS, Cell, Model, Sizes
from unvanish.suite.recorded_plugins import record_plugins
from unvanish.tasks import METRICS, Task
from unvanish.tasks.errors import UsageError, unknown_name
from unvanish.tasks.registry import additions

MAX_PADDING = 5  # times its own length to which a sequence is padded at most, so that its program can be shared: padding is drawn and copied too


@dataclass(frozen=True)
class Budget:
    """The sizes, steps and seeds of every trial of a cohort; but for the hidden units, every cohort of a task gets the same."""

    hidden_size: int
    batch_size: int
    steps: int
    evaluate_every: int
    validation_sequences: int
    test_sequences: int
    probe_sequences: int
    tuning_seeds: tuple[int, ...]
    evaluation_seeds: tuple[int, ...]


@dataclass(frozen=True)
class Condition:
    """task x lag x model x mitigation: what is compared."""

    task: Task
    model: str
    mitigations: Combination
    rates: RateGrid
    budget: Budget

    KEYS: ClassVar = ("task", "lag", "model", "mitigation")

    def key_value(self, key: str) -> str:
        """The value of one of `KEYS`, as text."""
        return {"task": self.task.name, "lag": str(self.lag), "model": self.model, "mitigation": self.mitigation}[key]

    @property
    def lag(self) -> int:
        return self.task.lag

    @property
    def mitigation(self) -> str:
        """The name of its mitigations."""
        return self.mitigations.name

    @property
    def label(self) -> str:
        return f"{self.task.name} lag {self.lag} {self.model} {self.mitigation}"

    @property
    def no_gradient(self) -> str | None:
        """The reason why no gradient comes from the step at which the information arrives; None where one does."""
        return self.mitigations.no_gradient(self.task)

    @property
    def parameters(self) -> int:
        return MODELS[self.model].parameters(sizes_of(self.task, self.budget))

    @property
    def tuning_trials(self) -> int:
        """The fewest tuning trials: those of the first rates."""
        return len(self.rates.first) * len(self.budget.tuning_seeds)

    @property
    def most_tuning_trials(self) -> int:
        """The tuning trials if the grid grows as far as it may."""
        return self.rates.most * len(self.budget.tuning_seeds)

    @property
    def evaluation_trials(self) -> int:
        return len(self.budget.evaluation_seeds)

    @cached_property
    def fingerprint(self) -> str:
        """The digest of all that decides its result: settings, and the versions of its task, model and mitigations, of the engine and libraries."""
        decides = {
            "task": [self.task.name, self.task.lag, self.task.parameters, version_of_task(self.task)],
            "model": [self.model, version_of_class(type(MODELS[self.model]))],
            "mitigations": [[part.name, part.parameters, version_of_class(type(part))] for part in self.mitigations.parts],
            "learning_rates": vars(self.rates),
            "budget": vars(self.budget),
            **engine(),
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Cohort:
    """The conditions of one task, lag and model, trained together by one compiled program.

    planned     the mitigations of all its conditions in the profile, also of those that need not be trained any more: the program
                holds all of them, so that what a trial computes does not depend on which conditions are still to be trained
    max_length  time steps of the longest sequences for which its program is compiled, to which shorter ones are padded: cohorts of other lags share it
    """

    task: Task
    model: str
    conditions: tuple[Condition, ...]
    planned: tuple[Combination, ...]
    max_length: int

    @property
    def budget(self) -> Budget:
        return self.conditions[0].budget

    @property
    def label(self) -> str:
        return f"{self.task.name} lag {self.task.lag} {self.model}"

    @property
    def trials(self) -> int:
        """The fewest trials: a grid of learning rates may grow."""
        return sum(condition.tuning_trials + condition.evaluation_trials for condition in self.conditions)

    @property
    def most_trials(self) -> int:
        """The trials if every grid grows as far as it may."""
        return sum(condition.most_tuning_trials + condition.evaluation_trials for condition in self.conditions)

    @property
    def cost_of_trial(self) -> float:
        """The amount of work of one trial, in arbitrary units, by which the longest cohorts are started first and the time left is told."""
        model = MODELS[self.model]
        return self.budget.steps * time_steps_of(self.task, model) * self.budget.batch_size * model.flops(sizes_of(self.task, self.budget))


@dataclass(frozen=True)
class Plan:
    """All cohorts of a benchmark, the conditions that are not applicable, and what was given as its profile, None where that was made in Python."""

    profile: Profile
    cohorts: tuple[Cohort, ...]
    not_applicable: tuple[NotApplicable, ...]
    source: str | None = None

    @property
    def conditions(self) -> list[Condition]:
        return [condition for cohort in self.cohorts for condition in cohort.conditions]

    @property
    def fingerprint(self) -> str:
        """Identifies the benchmark: a run of the same profile continues it."""
        return hashlib.sha256(self.profile.model_dump_json().encode()).hexdigest()[:16]

    def without(self, fingerprints: set[str]) -> Plan:
        """The plan less the conditions that have one of these fingerprints."""
        return self.only(lambda condition: condition.fingerprint not in fingerprints)

    def only(self, selected: Callable[[Condition], bool]) -> Plan:
        """The plan with those conditions for which `selected(condition)` holds."""
        cohorts = [replace(cohort, conditions=tuple(filter(selected, cohort.conditions))) for cohort in self.cohorts]
        return replace(self, cohorts=tuple(cohort for cohort in cohorts if cohort.conditions))

    def record(self) -> PlanRecord:
        """Return the plan as plain data."""
        conditions = self.conditions
        names = ("tuning_trials", "most_tuning_trials", "evaluation_trials")
        tuning, most_tuning, evaluation = (sum(getattr(condition, name) for condition in conditions) for name in names)
        return PlanRecord(
            source=self.source,
            profile=self.profile,
            plugins=record_plugins(),
            counts=Counts(
                cohorts=len(self.cohorts),
                conditions=len(conditions),
                not_applicable=len(self.not_applicable),
                no_gradient=sum(condition.no_gradient is not None for condition in conditions),
                tuning_trials=tuning,
                most_tuning_trials=most_tuning,
                evaluation_trials=evaluation,
                trials=tuning + evaluation,
                most_trials=most_tuning + evaluation,
                runs=1 + len(conditions) + evaluation,
            ),
            tasks=[planned_task(task) for task in dict.fromkeys(cohort.task for cohort in self.cohorts)],
            conditions=[planned_condition(condition) for condition in conditions],
            not_applicable=list(self.not_applicable),
            not_causal=[model for model in self.profile.models if not MODELS[model].causal],
        )


def longest_first(cohorts: Iterable[Cohort]) -> list[Cohort]:
    """Return cohorts in the order in which workers are given them, so that the last ones to end are short."""
    return sorted(cohorts, key=lambda cohort: -cohort.trials * cohort.cost_of_trial)


def load_plan(given: str) -> Plan:
    """The plan of the profile of that name or file, with what the plug-ins in use add to it; raises `UsageError`."""
    return replace(make_plan(with_plugin_entries(load(given))), source=given)


def make_plan(profile: Profile) -> Plan:
    """Every task x lag x model x mitigation of a profile, in cohorts; raises `UsageError` for a profile that names what does not exist."""
    check_names(profile)  # one that was made in Python has not been looked up before
    cohorts, not_applicable = [], []
    mitigations = [find(name, profile.mitigation) for name in profile.mitigations]
    tasks = [entry.at(lag) for entry in profile.task for lag in entry.lags]
    for entry in profile.task:
        for task in map(entry.at, entry.lags):
            for model in profile.models:
                budget = budget_of(profile, task, MODELS[model], entry.steps or profile.steps)
                future = sees_answers(task, MODELS[model])
                reasons = {mitigation.name: future or mitigation.not_applicable(MODELS[model]) for mitigation in mitigations}
                not_applicable += [
                    NotApplicable(task=task.name, lag=task.lag, model=model, mitigation=name, reason=reason) for name, reason in reasons.items() if reason
                ]
                applicable = tuple(mitigation for mitigation in mitigations if not reasons[mitigation.name])
                if applicable:
                    conditions = (Condition(task, model, chosen, profile.learning_rates.of(chosen.learning_rate_grid), budget) for chosen in applicable)
                    cohorts.append(Cohort(task, model, tuple(conditions), applicable, padded_length(task, tasks, MODELS[model], applicable)))
    if not cohorts:
        raise UsageError(f"no mitigation of the profile {profile.name} applies to a model of it; add 'none' to its mitigations")
    return Plan(profile, tuple(cohorts), tuple(not_applicable))


def sees_answers(task: Task, model: Model) -> str | None:
    """Return why a model that is not causal is refused on a task; None where it is not."""
    if model.causal or len(task.loss_steps) == 1:
        return None
    return f"{model.name} sees the whole sequence, and {task.name} asks at {len(task.loss_steps)} steps, so that it would see inputs after each answer"


def padded_length(task: Task, tasks: Sequence[Task], model: Model, mitigations: Sequence[Combination]) -> int:
    """Return the number of time steps for which the programs of a task are compiled: the longest of those tasks of a profile that share them.

    Those are the same task at other lags, where its only loss is at the last step: others have another number of losses at another lag. Only a
    cell can be run over a part of its time steps, and only where no mask depends on their number and no inputs are transformed, which may depend on
    it too. A probe of a plug-in may not know of padding.
    """
    parts = [part for combination in mitigations for part in combination.parts]
    fixed = any(part.overrides("transform_inputs") or (part.overrides("bptt_mask") and not part.mask_counts_from_end) for part in parts)
    if fixed or not isinstance(model, Cell) or model.memoryless or additions("probe", "PROBE") or task.loss_steps != (task.length - 1,):
        return task.length
    lengths = {other.length for other in tasks if (type(other), other.input_size, other.output_size) == (type(task), task.input_size, task.output_size)}
    longest = max(lengths)
    for length in sorted(lengths, reverse=True):  # a group begins with the longest that is in none yet
        longest = length if length * MAX_PADDING < longest else longest
        if length == task.length:
            break
    return longest


def sizes_of(task: Task, budget: Budget) -> Sizes:
    """The sizes of a network on a task."""
    return Sizes(task.input_size, budget.hidden_size, task.output_size, task.length)


def time_steps_of(task: Task, model: Model) -> int:
    """Return the number of time steps that a model is run over on a sequence of a task: those with a loss alone, if it has no memory."""
    return len(task.loss_steps) if model.memoryless else task.length


def budget_of(profile: Profile, task: Task, model: Model, steps: int) -> Budget:
    """Return the budget of the trials of a task and model; sets to evaluate on are no larger than the data of the task."""
    return Budget(
        hidden_size=hidden_size_of(profile, model, task),
        batch_size=profile.batch_size,
        steps=steps,
        evaluate_every=profile.evaluate_every,
        validation_sequences=task.available("validation", profile.validation_sequences),
        test_sequences=task.available("test", profile.test_sequences),
        probe_sequences=task.available("probe", profile.probe_sequences),
        tuning_seeds=tuple(profile.tuning_seeds),
        evaluation_seeds=tuple(profile.evaluation_seeds),
    )


def planned_task(task: Task) -> PlannedTask:
    """The task at a lag as plain data."""
    metric = METRICS[task.metric]
    known = {name: getattr(task, name) for name in PlannedTask.model_fields if name not in ("task", "better", "share")}
    return PlannedTask(task=task.name, better=metric.better, share=metric.share, **known)


def planned_condition(condition: Condition) -> PlannedCondition:
    """The condition as plain data."""
    return PlannedCondition(
        task=condition.task.name,
        lag=condition.lag,
        model=condition.model,
        mitigation=condition.mitigation,
        hidden_size=condition.budget.hidden_size,
        parameters=condition.parameters,
        learning_rates=list(condition.rates.first),
        tuning_trials=condition.tuning_trials,
        most_tuning_trials=condition.most_tuning_trials,
        evaluation_trials=condition.evaluation_trials,
        no_gradient=condition.no_gradient,
        fingerprint=condition.fingerprint,
    )


def select(plan: Plan, given: str) -> Plan:
    """The conditions of a plan that a selection like 'task=adding,model=lstm|gru' names; raises `UsageError` for what is not there."""
    if not given.strip():
        raise UsageError("the selection is empty; write it as in 'task=adding,model=lstm|gru', or leave it out")
    if len(given) > MAX_TEXT:
        raise UsageError(f"the selection has {len(given):,} characters; the most are {MAX_TEXT:,}")
    for part in re.split(r",(?![^(]*\))", given):  # a mitigation has its parameters in parentheses
        key, _, values = (word.strip() for word in part.partition("="))
        if key not in Condition.KEYS:
            raise unknown_name("key to select by", key, Condition.KEYS)
        selected = {value.strip() for value in values.split("|")}
        present = dict.fromkeys(condition.key_value(key) for condition in plan.conditions)
        for value in sorted(selected - set(present)):
            raise unknown_name(f"{key} in this selection,", value, present)

        def is_selected(condition: Condition, key: str = key, selected: set[str] = selected) -> bool:
            return condition.key_value(key) in selected

        plan = plan.only(is_selected)
    return plan
