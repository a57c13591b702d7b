"""Mitigations by the name that a profile gives them: one, or several joined by +, each with its parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from pydantic import ValidationError

from unvanish.suite.mitigations.mitigation import KerasCode, Mitigation, Start
from unvanish.suite.models import Model, Sizes, Weights
from unvanish.tasks import Task
from unvanish.tasks.errors import UsageError, unknown_name
from unvanish.tasks.registry import Registry

MITIGATIONS: Registry[type[Mitigation]] = Registry(
    "unvanish.suite.mitigations", "mitigation", "MITIGATION", lambda thing: isinstance(thing, type) and issubclass(thing, Mitigation)
)
PLAIN = {"optimizer": "sgd", "activation": "tanh", "initial recurrent weights": "gaussian"}
PART = re.compile(r"(?P<name>[^()]*?)\s*(?:\((?P<arguments>[^()]*)\))?")


@dataclass(frozen=True)
class Combination:
    """The mitigations of a condition, in the order in which they act at a place."""

    name: str
    parts: tuple[Mitigation, ...]

    @property
    def summary(self) -> str:
        return "; ".join(part.summary for part in self.parts)

    @property
    def against(self) -> str:
        return self.parts[0].against if len({part.against for part in self.parts}) == 1 else "both"

    @property
    def source_rows(self) -> str:
        return ", ".join(dict.fromkeys(part.source_rows for part in self.parts if part.source_rows))

    @property
    def parameters(self) -> dict[str, float]:
        """By `mitigation.parameter`."""
        return {f"{part.name}.{name}": value for part in self.parts for name, value in part.parameters.items()}

    @property
    def replacements(self) -> dict[str, str]:
        """What takes the place of everything that some mitigation can replace, whether one of its parts does or not."""
        replaced = {what: part.name for part in self.parts for what in part.replaces}
        return {what: replaced.get(what, PLAIN.get(what, "none")) for what in sorted({what for mitigation in MITIGATIONS for what in mitigation.replaces})}

    @property
    def learning_rates(self) -> str:
        """The optimizer whose grid of learning rates a profile gives it."""
        return next((part.learning_rates for part in self.parts if part.learning_rates), "sgd")

    @property
    def trains_state(self) -> bool:
        return all(part.trains_state for part in self.parts)

    def not_applicable(self, model: Model) -> str | None:
        """Why it has no meaning for a model; None where it has."""
        for part in self.parts:
            for place in part.places():
                if place not in model.places:
                    return f"{part.name} acts on the {place}, which {model.name} does not give access to"
            if reason := part.not_applicable(model):
                return reason
        return None

    def reach(self, task: Task) -> int | None:
        """How many steps back a gradient goes at most; None where that is not limited."""
        return min((reach for part in self.parts if (reach := part.reach(task)) is not None), default=None)

    def no_gradient(self, task: Task) -> str | None:
        """Why no gradient comes from the information's step; None where one does."""
        reach = self.reach(task)
        if reach is None or task.information_distance <= reach:
            return None
        return f"no gradient from the information's step: it is {task.information_distance} or more steps back, and the gradient goes back {reach}"

    def inert(self, task: Task, acted_share: float) -> str:
        """What of it never acted on a finished trial; empty where all of it did."""
        return "; ".join(dict.fromkeys(reason for part in self.parts if (reason := part.inert(task, acted_share))))

    def initial_weights(self, model: Model, sizes: Sizes, seed: int) -> Weights:
        """The weights of one trial before training, without a trial axis."""

        def random(weight: str, block: int) -> np.random.Generator:
            return model.random(weight, seed, block)

        start = Start(model, sizes, random)
        return reduce(lambda weights, part: part.change_initial_weights(weights, start), self.parts, model.initial_weights(sizes, seed))

    @property
    def keras_activation(self) -> str | None:
        """What Keras calls the state's activation with it; None where no standard layer computes the same cell."""
        if any(part.overrides("change_sums") or part.overrides("change_states") for part in self.parts):
            return None
        return next((part.keras_activation for part in self.parts if part.overrides("activation")), "tanh")

    def keras_code(self, model: Model, task: Task) -> KerasCode | None:
        """What its parts change in a Keras script, together; None where one of them cannot be said so."""
        found = [part.keras_code(model, task) for part in self.parts]
        codes = [code for code in found if code is not None]
        if len(codes) < len(found):
            return None
        return KerasCode(
            layer={name: value for code in codes for name, value in code.layer.items()},
            output={name: value for code in codes for name, value in code.output.items()},
            functions="".join(code.functions for code in codes),
            optimizer=next((code.optimizer for code in codes if code.optimizer), None),
            optimizer_arguments={name: value for code in codes for name, value in code.optimizer_arguments.items()},
            window=next((code.window for code in codes if code.window), None),
        )


def find(name: str, parameters: Mapping[str, Mapping[str, Any]] | None = None) -> Combination:
    """What `name` stands for: `gradient_clipping`, `gradient_clipping+rmsprop`, `gradient_clipping(threshold=0.3)`.

    `parameters` are those of a profile, by mitigation; those in parentheses stand above them. Raises `UsageError` for a
    mitigation or a parameter that does not exist, a value that is not allowed, and mitigations that cannot be combined.
    """
    parts = tuple(part_called(text, parameters or {}) for text in split(name))
    names = [part.name for part in parts]
    if len(set(names)) < len(names) or (len(names) > 1 and "none" in names):
        raise UsageError(f"the mitigation {name!r} names something twice or with 'none'; join different mitigations, as in gradient_clipping+rmsprop")
    replaced: dict[str, str] = {}
    for part in parts:
        for what in sorted(part.replaces):
            if what in replaced:
                raise UsageError(f"{replaced[what]} and {part.name} both replace the {what}, so they cannot be combined; choose one of them")
            replaced[what] = part.name
    return Combination(name, parts)


def names_of_parts(name: str) -> list[str]:
    """The names of the mitigations that `name` joins, whether there are such or not."""
    return [text.partition("(")[0].strip() for text in split(name)]


def split(name: str) -> list[str]:
    """At each + that stands outside parentheses."""
    return [text.strip() for text in re.split(r"\+(?![^(]*\))", name)]


def part_called(text: str, parameters: Mapping[str, Mapping[str, Any]]) -> Mitigation:
    """The mitigation that `text` names, with its parameters in parentheses or else those of the profile."""
    match = PART.fullmatch(text)
    if not match:
        raise UsageError(f"the mitigation {text!r} cannot be read; write it as gradient_clipping or gradient_clipping(threshold=0.3)")
    mitigation = MITIGATIONS[match["name"]]
    return with_parameters(mitigation, {**parameters.get(mitigation.name, {}), **arguments(text, match["arguments"])})


def arguments(text: str, inside: str | None) -> dict[str, Any]:
    """`threshold=0.3, window=5` -> {"threshold": 0.3, "window": 5}; raises `UsageError` for anything else."""
    try:
        call = ast.parse(f"f({inside or ''})", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise UsageError(f"the parameters of {text!r} cannot be read; write them as in gradient_clipping(threshold=0.3)") from None


def with_parameters(mitigation: type[Mitigation], given: Mapping[str, Any]) -> Mitigation:
    """The mitigation with these parameters; raises `UsageError` for one it does not have or a value that is not allowed."""
    for name in given:
        if name not in mitigation.model_fields:
            if not mitigation.model_fields:
                raise UsageError(f"the mitigation {mitigation.name} has no parameter {name!r}; it has none at all, so remove that line")
            raise unknown_name(f"parameter of {mitigation.name}", name, mitigation.model_fields)
    try:
        return mitigation(**given)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].replace("Input should", "it should")
        raise UsageError(f"{first['loc'][0]} of the mitigation {mitigation.name} is {first['input']!r}; {message}") from None


def in_order(combinations: Iterable[Combination]) -> tuple[type[Mitigation], ...]:
    """All mitigations that are used, each once, in an order that every combination agrees with; raises `UsageError` where there is none."""
    before: dict[str, dict[str, None]] = {}
    for combination in combinations:
        names = [part.name for part in combination.parts]
        for i, name in enumerate(names):
            before.setdefault(name, {}).update(dict.fromkeys(names[:i]))
    try:
        return tuple(MITIGATIONS[name] for name in TopologicalSorter({name: sorted(before[name]) for name in sorted(before)}).static_order())
    except CycleError as error:
        first, second = error.args[1][:2]
        raise UsageError(f"{first} comes before {second} in one combination and after it in another; write them in the same order") from None
