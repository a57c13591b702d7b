"""A profile: a TOML file that says which conditions, seeds, learning rates and steps a benchmark has. Validated strictly."""

from __future__ import annotations

import json
import os
import tomllib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter, ValidationError, ValidationInfo, field_validator, model_validator

from unvanish.suite import plugins
from unvanish.suite.experiment.limits import (
    MAX_BATCH,
    MAX_DEPTH,
    MAX_HIDDEN,
    MAX_MATCHED_HIDDEN,
    MAX_NAME,
    MAX_RATES,
    MAX_SEED,
    MAX_SEQUENCES,
    MAX_STEPS,
    MAX_TEXT,
    MAX_WHOLE_NUMBER,
    check_number_of_conditions,
)
from unvanish.suite.experiment.tuning import RateGrid, six_digits
from unvanish.suite.mitigations import MITIGATIONS, find, names_of_parts, ordered_mitigations, with_parameters
from unvanish.suite.models import MODELS, Model, Sizes
from unvanish.tasks import TASKS, Task
from unvanish.tasks.errors import MAX_REASON, MAX_SHOWN, UsageError, printable, shortened, shown, unknown_name
from unvanish.tasks.files import read_text
from unvanish.tasks.task import MAX_LAG

FOLDER = Path(__file__).parents[1] / "profiles"

Steps = Annotated[int, Field(gt=0, le=MAX_STEPS)]
Sequences = Annotated[int, Field(gt=0, le=MAX_SEQUENCES)]
Rates = Annotated[int, Field(gt=0, le=MAX_RATES)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, le=MAX_SEED)]], Field(min_length=1)]
Name = Annotated[str, Field(max_length=MAX_NAME)]
Names = Annotated[list[Name], Field(min_length=1)]
SMALLEST, LARGEST = (float(bound) for bound in (np.finfo(np.float32).tiny, np.finfo(np.float32).max))  # of a learning rate


class Strict(BaseModel):
    """The base class of the parts of a profile: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LearningRates(Strict):
    """A log grid with the same number of rates and the same spacing for every optimizer, placed where that optimizer works.

    count   the rates that every condition tries
    most    the rates that a condition tries where its best one is at an edge of those before; `count` where it is not given
    """

    count: Rates
    most: Rates | None = None
    ratio: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    sgd: Positive
    rmsprop: Positive
    adam: Positive

    @model_validator(mode="after")
    def check_reach(self) -> LearningRates:
        if self.most is not None and self.most < self.count:
            raise UsageError(f"most is {self.most} and count {self.count}; most must be at least count, since every condition tries count rates")
        for optimizer in ("sgd", "rmsprop", "adam"):
            try:
                lowest, highest = self.of(optimizer).reach
            except OverflowError:
                lowest, highest = 0.0, inf
            if lowest < SMALLEST or highest > LARGEST:
                raise UsageError(
                    f"the learning rates of {optimizer} reach from {lowest:.3g} to {highest:.3g}; single precision holds {SMALLEST:.2g} to {LARGEST:.2g}, "
                    f"so make ratio, {'count' if self.most is None else 'most'} or the distance of {optimizer} from 1 smaller"
                )
            first = self.of(optimizer).first
            neighbours = (six_digits(first[0] / self.ratio), *first, six_digits(first[-1] * self.ratio))
            with np.errstate(over="ignore", under="ignore"):  # of a neighbour that is never tried
                distinct = set(np.array(neighbours).astype(np.float32))
            if len(distinct) < len(neighbours):
                raise UsageError(
                    f"ratio is {self.ratio:.17g}, and two of the learning rates of {optimizer} around {getattr(self, optimizer):.6g} are the same to six "
                    "digits; make ratio larger, as 3.0"
                )
        return self

    def of(self, optimizer: str) -> RateGrid:
        """`count` rates around the optimizer's middle one, ascending, each `ratio` times the one before, to 6 digits."""
        middle = getattr(self, optimizer)
        first = tuple(six_digits(middle * self.ratio ** (i - (self.count - 1) / 2)) for i in range(self.count))
        return RateGrid(first, self.ratio, self.limit)

    @property
    def limit(self) -> int:
        """The number of rates that a condition may try."""
        return self.most or self.count


class TaskEntry(Strict):
    """A task, its lags, and what is particular to it."""

    name: Name
    lags: Annotated[list[Annotated[int, Field(le=MAX_LAG)]], Field(min_length=1)]
    steps: Steps | None = None
    parameters: dict[str, Any] = {}
    _folder: Path | None = PrivateAttr(None)  # of the profile: files that it names are looked for there

    @model_validator(mode="after")
    def remember_folder(self, info: ValidationInfo) -> TaskEntry:
        self._folder = (info.context or {}).get("folder")
        return self

    def at(self, lag: int) -> Task:
        """The task at one of its lags; raises `UsageError` for a lag or a parameter it is not defined for."""
        return make_task(self.name, lag, self.parameters, self._folder)


class Profile(Strict):
    """The settings of a benchmark. Sizes are numbers of units or sequences, steps are training steps.

    Plain data: the names in it are looked up by `check_names` and when a plan is made, so that a profile can be read where its plug-ins are missing.

    plugins   Python files with tasks, models or mitigations of one's own, from the folder of the profile
    match   hidden_units: every model has `hidden_size` of them; parameters: the model that has the most parameters with
            `hidden_size` units keeps them, and every other one has as many units as bring it closest to that number
    """

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    description: Annotated[str, Field(max_length=MAX_TEXT)]
    models: Names
    mitigations: Names
    hidden_size: Annotated[int, Field(gt=0, le=MAX_HIDDEN)]
    match: Literal["hidden_units", "parameters"] = "hidden_units"
    batch_size: Annotated[int, Field(gt=0, le=MAX_BATCH)]
    steps: Steps
    evaluate_every: Steps
    validation_sequences: Sequences
    test_sequences: Sequences
    probe_sequences: Sequences
    tuning_seeds: Seeds
    evaluation_seeds: Seeds
    learning_rates: LearningRates
    mitigation: dict[str, dict[str, int | float]] = {}
    plugins: list[str] = []
    task: Annotated[list[TaskEntry], Field(min_length=1)]

    @field_validator("models", "mitigations", "tuning_seeds", "evaluation_seeds")
    @classmethod
    def check_unique(cls, values: list[Any]) -> list[Any]:
        if (twice := repeated(values)) is not None:
            raise UsageError(f"it names {shown(twice)} twice; name it once")
        return values

    @field_validator("name")
    @classmethod
    def check_printable(cls, name: str) -> str:
        if not name.isprintable():
            raise UsageError(f"it is {shown(name)}, which has a character that cannot be printed; leave it out")
        return name

    @model_validator(mode="after")
    def check_consistent(self) -> Profile:
        shared = set(self.tuning_seeds) & set(self.evaluation_seeds)
        if shared:
            raise UsageError(
                f"seed {min(shared)} is in tuning_seeds and in evaluation_seeds; "
                "rates must not be chosen on the seeds they are judged by, so remove it from one"
            )
        if self.test_sequences % self.validation_sequences:
            raise UsageError(
                f"test_sequences is {self.test_sequences} and validation_sequences {self.validation_sequences}; "
                "test_sequences must be a multiple of validation_sequences"
            )
        for entry in self.task:
            steps = entry.steps or self.steps
            if steps % self.evaluate_every:
                raise UsageError(f"steps is {steps} and evaluate_every {self.evaluate_every}; steps must be a multiple of evaluate_every")
        cells = [(entry.name, lag) for entry in self.task for lag in entry.lags]
        if twice := repeated(cells):
            raise UsageError(f"the task {twice[0]} has the lag {twice[1]} twice; name it once")
        trials = self.learning_rates.limit * len(self.tuning_seeds) + len(self.evaluation_seeds)
        check_number_of_conditions(len(cells), len(self.models), len(self.mitigations), trials)
        return self


def repeated(values: list[Any]) -> Any:
    """Return the first value that is there more than once; None where every one is there once."""
    return next((value for value, times in Counter(values).items() if times > 1), None)


def hidden_size_of(profile: Profile, model: Model, task: Task) -> int:
    """Return the number of hidden units of a model on a task of a profile."""
    if profile.match == "hidden_units":
        return profile.hidden_size

    def parameters(of: Model, hidden: int) -> int:
        return of.parameters(Sizes(task.input_size, hidden, task.output_size, task.length))

    target = max(parameters(MODELS[name], profile.hidden_size) for name in profile.models)
    highest = profile.hidden_size
    while parameters(model, highest) < target:
        highest *= 2
        if highest > MAX_MATCHED_HIDDEN:
            raise UsageError(
                f"no {model.name} of up to {highest // 2:,} hidden units has {target:,} parameters on {task.name}, as the largest model has; "
                "make hidden_size smaller, leave a model out, or give match = 'hidden_units'"
            )
    above = bisect_left(range(highest), target, lo=profile.hidden_size, key=lambda hidden: parameters(model, hidden))
    return min(max(above - 1, profile.hidden_size), above, key=lambda hidden: abs(parameters(model, hidden) - target))


def make_task(name: str, lag: int | None = None, parameters: Mapping[str, Any] | None = None, folder: Path | None = None) -> Task:
    """The task called `name` at a lag (its default one where None is given); raises `UsageError`.

    A task that reads a file has a name of its own after a colon where there are several, as in `table:sleep`, and looks for its
    file in `folder`.
    """
    name, _, label = name.partition(":")
    task = TASKS[name]
    allowed = [field.name for field in fields(task) if field.name != "lag"]
    if label and "label" not in allowed:
        raise UsageError(f"the task {name} has no name of its own after a colon; write {name}")
    if sentence := task.not_installed():
        raise UsageError(sentence)
    given = dict(parameters or {})
    for parameter in given:
        if parameter not in allowed:
            if not allowed:
                raise UsageError(f"the task {name} has no parameter {shown(parameter)}; it has none at all, so remove that line")
            raise unknown_name(f"parameter of {name}", parameter, [field for field in allowed if field not in task.derived])
    types = get_type_hints(task)
    given = {parameter: checked(f"{parameter} of {name}", types[parameter], value) for parameter, value in given.items()}
    if label:
        given["label"] = label
    if folder is not None and "location" in allowed and "file" in given:
        given["location"] = folder / given["file"]
    return task(task.default_lag if lag is None else lag, **given)


def checked(name: str, kind: Any, value: Any) -> Any:
    """A parameter of a task as its type, from a profile or from plain data; raises `UsageError` where it is none."""
    try:
        return TypeAdapter(kind).validate_json(json.dumps(value), strict=True)
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):  # a date
            raise UsageError(f"{name} is {shown(value)}; it should be a text, a number, true or false, or a list of these") from None
        message = error.errors()[0]["msg"].replace("Input should", "it should")
        raise UsageError(f"{name} is {shown(value)}; {message[0].lower()}{message[1:]}") from None


def profile_names() -> list[str]:
    """The profiles that ship with the project, from the shortest to the longest."""
    order = ["smoke", "quick", "real", "reference", "standard", "paper"]
    return sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda name: (order.index(name) if name in order else len(order), name))


def description(name: str) -> str:
    """Return the description of a profile that ships, without looking at the tasks that it names."""
    return str(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["description"])


def load(given: str) -> Profile:
    """The profile of that name, or in the file of that path; raises `UsageError` with one sentence for whatever is wrong with it."""
    path = Path(given)
    if given in profile_names():
        path = FOLDER / f"{given}.toml"
    elif not given or (path.suffix != ".toml" and not os.path.exists(path)):
        raise UsageError(f"{unknown_name('profile', given, profile_names())}, or give the path of a TOML file")
    content = parse(given, path)
    load_plugins(path, content)
    try:
        profile = Profile.model_validate({"name": printable(path.stem), **content}, context={"folder": path.parent.absolute()})
        check_names(profile)
    except ValidationError as error:
        raise UsageError(f"the profile {given} is wrong: {sentence(error)}") from None
    except UsageError as error:
        raise UsageError(f"the profile {given} is wrong: {error}") from None
    return profile


def parse(given: str, path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raise `UsageError` where it cannot be read, is not TOML, or holds what nothing can be made of."""
    text = read_text(path, "the profile", "the path of a TOML file")
    try:
        content = tomllib.loads(text)
        check_plain(content)
    except tomllib.TOMLDecodeError as error:
        reason = f"{str(error)[0].lower()}{str(error)[1:]}"
    except RecursionError:
        reason = "its lists and tables are nested too deeply"
    except ValueError as error:  # of a number, which tomllib passes on
        reason = str(error) if isinstance(error, UsageError) else "it has a number of too many digits"
    else:
        return content
    raise UsageError(f"the profile {given} is not valid TOML: {shortened(reason, MAX_REASON)}")


def check_plain(value: Any, *place: object) -> None:
    """Raise `UsageError` for tables nested deeper than a profile needs, and for a whole number that TOML does not allow; later code can then print it."""
    if len(place) > MAX_DEPTH:
        raise UsageError(f"its lists and tables are nested more than {MAX_DEPTH} deep")
    if isinstance(value, int) and not -MAX_WHOLE_NUMBER <= value <= MAX_WHOLE_NUMBER:
        where, number = (shortened(text, MAX_SHOWN) for text in (".".join(map(str, place)), hex(value)))
        raise UsageError(f"{where} is {number}; the largest whole number is {MAX_WHOLE_NUMBER}")
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        check_plain(part, *place, key)


def check_names(profile: Profile) -> None:
    """Raise `UsageError` for a task, model, mitigation, lag or parameter that does not exist."""
    for entry in profile.task:
        for parameter in entry.parameters:
            if parameter in TASKS[entry.name.partition(":")[0]].derived:
                raise UsageError(f"{parameter} of {entry.name} is computed, not given; remove that line")
        for lag in entry.lags:
            entry.at(lag)
    for model in profile.models:
        _ = MODELS[model]
    ordered_mitigations(find(name, profile.mitigation) for name in profile.mitigations)
    for name, parameters in profile.mitigation.items():
        with_parameters(MITIGATIONS[name], parameters)


def load_plugins(profile: Path, content: dict[str, Any]) -> None:
    """Load the plug-ins that a profile names, before their definitions are looked up; raises `UsageError` for one that cannot be loaded."""
    named = content.get("plugins", [])
    if isinstance(named, list):  # what is anything else is refused with the profile
        for plugin in filter(lambda entry: isinstance(entry, str), named):
            plugins.add(profile.parent / plugin)


def with_plugin_entries(profile: Profile) -> Profile:
    """The profile with all tasks, models and mitigations that the loaded plug-ins define and it does not name; tasks at their default lag.

    It names a mitigation also with parameters and in a combination, and a task also with a name of its own after a colon.
    """
    models, mitigations, tasks = (plugins.entry_names(constant) for constant in ("MODEL", "MITIGATION", "TASK"))
    tried = {part for name in profile.mitigations for part in names_of_parts(name)}
    known = {entry.name.partition(":")[0] for entry in profile.task}
    return profile.model_copy(
        update={
            "models": list(dict.fromkeys([*profile.models, *models])),
            "mitigations": [*profile.mitigations, *(name for name in mitigations if name not in tried)],
            "task": [*profile.task, *(TaskEntry(name=name, lags=[TASKS[name].default_lag]) for name in tasks if name not in known)],
        }
    )


def sentence(error: ValidationError) -> str:
    """The first thing wrong with a profile, as one sentence with what to write instead."""
    # A misspelt key makes the right one missing too; the misspelling is what helps.
    first = min(error.errors(include_url=False), key=lambda entry: entry["type"] != "extra_forbidden")
    place = shortened(".".join(str(part) for part in first["loc"]), MAX_SHOWN)
    if first["type"] == "extra_forbidden":
        *parents, key = first["loc"]
        place_of: dict[str, type[Strict]] = {"task": TaskEntry, "learning_rates": LearningRates}
        fields = place_of.get(str(parents[0]) if parents else "", Profile).model_fields
        return str(unknown_name("key", str(key), [name for name in fields if name != "name" or parents]))
    if first["type"] == "missing":
        return f"{place} is missing; add it"
    if first["type"] == "value_error":
        return str(first["ctx"]["error"]) if not place or place.startswith("task") else f"{place}: {first['ctx']['error']}"
    message = first["msg"][0].lower() + first["msg"][1:]
    return f"{place} is {shown(first['input'])}; {message.replace('input should', 'it should')}"
