"""What every mitigation is: a named change to the recipe, the models it applies to, and when it leaves no gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from suite.models import Model
from tasks import Task
from tasks.errors import WrongUse, unknown_name


def never(*_: Any) -> None:
    """The reason of what always applies and leaves a gradient everywhere."""


@dataclass(frozen=True)
class Mitigation:
    """A named change to the recipe.

    against         exploding, vanishing, both; `-` for none; control for what is no cure and only shows what is reached without one
    change          what it sets: a function from its parameters to fields of `Recipe`
    parameters      what a profile may set, with the defaults
    not_applicable  why it has no meaning for a model; None where it has
    no_gradient     why no gradient comes from the information's step on a task with these parameters; None where one does
    """

    name: str
    summary: str
    against: str
    reference: str
    position: int
    change: Callable[..., Mapping[str, Any]]
    parameters: Mapping[str, float] = field(default_factory=dict)
    rows: str = ""
    not_applicable: Callable[[Model], str | None] = never
    no_gradient: Callable[[Task, Mapping[str, float]], str | None] = never

    def with_parameters(self, given: Mapping[str, float]) -> Mitigation:
        """The same mitigation with other parameters; raises `WrongUse` for one it does not have or that is not above zero."""
        for name, value in given.items():
            if name not in self.parameters:
                if not self.parameters:
                    raise WrongUse(f"the mitigation {self.name} has no parameter {name!r}; it has none at all, so remove that line")
                raise unknown_name(f"parameter of {self.name}", name, self.parameters)
            expected = type(self.parameters[name])
            if isinstance(value, bool) or not isinstance(value, (int, expected)) or not value > 0:
                raise WrongUse(
                    f"{name} of the mitigation {self.name} is {value!r}; it must be {'a whole number' if expected is int else 'a number'} above zero"
                )
        return replace(self, parameters={name: type(default)(given.get(name, default)) for name, default in self.parameters.items()})


def combine(parts: list[Mitigation]) -> Mitigation:
    """Several mitigations at once, `a+b`; raises `WrongUse` where two of them set the same field of the recipe."""
    setters: dict[str, str] = {}
    for part in parts:
        for recipe_field in part.change(**part.parameters):
            if recipe_field in setters:
                raise WrongUse(
                    f"{setters[recipe_field]} and {part.name} both set the {recipe_field} of the recipe, so they cannot be combined; choose one of them"
                )
            setters[recipe_field] = part.name

    def first_reason(reasons: list[str | None]) -> str | None:
        return next((reason for reason in reasons if reason), None)

    return Mitigation(
        name="+".join(part.name for part in parts),
        summary="; ".join(part.summary for part in parts),
        against=parts[0].against if len({part.against for part in parts}) == 1 else "both",
        reference="; ".join(part.reference for part in parts),
        position=max(part.position for part in parts),
        change=lambda **_: {name: value for part in parts for name, value in part.change(**part.parameters).items()},
        rows=", ".join(dict.fromkeys(part.rows for part in parts if part.rows)),
        not_applicable=lambda model: first_reason([part.not_applicable(model) for part in parts]),
        no_gradient=lambda task, _: first_reason([part.no_gradient(task, part.parameters) for part in parts]),
    )
