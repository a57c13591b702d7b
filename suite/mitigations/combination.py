"""A combination of mitigations, and its name in a profile: one mitigation or several joined by +, each with its parameters."""

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

from unvanish.suite.mitigations.hook_checks import call_hook
from unvanish.suite.mitigations.mitigation import InitContext, KerasCode, Mitigation
from unvanish.suite.models import Model, Sizes, Weights
from unvanish.tasks import Task
from unvanish.tasks.errors import MAX_REASON, UsageError, shortened, shown, unknown_name
from unvanish.tasks.registry import Registry

MITIGATIONS: Registry[type[Mitigation]] = Registry(
    "unvanish.suite.mitigations", "mitigation", "MITIGATION", lambda thing: isinstance(thing, type) and issubclass(thing, Mitigation)
)
PLAIN = {"optimizer": "sgd", "activation": "tanh", "initial recurrent weights": "gaussian"}
STATE_WEIGHTS = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")  # of a cell, which lead to its state
MAX_WHOLE, MAX_NUMBER = 2**31 - 1, float(np.finfo(np.float32).max)  # of a parameter: compiled programs hold it as int32 or float32
PART = re.compile(r"(?P<name>[^()]*?)\s*(?:\((?P<arguments>[^()]*)\))?")


@dataclass(frozen=True)
class Combination:
    """The mitigations of a condition, in the order in which their hooks are called."""

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
        """All parameters, by `mitigation.parameter`."""
        return {f"{part.name}.{name}": value for part in self.parts for name, value in part.parameters.items()}

    @property
    def replacements(self) -> dict[str, str]:
        """The mitigation, or else the plain choice, in the role of each part of training that some mitigation can replace."""
        replaced = {role: part.name for part in self.parts for role in part.replaces}
        return {role: replaced.get(role, PLAIN.get(role, "none")) for role in sorted({role for mitigation in MITIGATIONS for role in mitigation.replaces})}

    @property
    def learning_rate_grid(self) -> str:
        """The optimizer whose grid of learning rates it is tuned on."""
        return next((part.learning_rate_grid for part in self.parts if part.learning_rate_grid), "sgd")

    @property
    def trains_state(self) -> bool:
        return all(part.trains_state for part in self.parts)

    def not_applicable(self, model: Model) -> str | None:
        """Return why it has no meaning for a model; None where it has."""
        for part in self.parts:
            for point in part.hook_points():
                if point not in model.hook_points:
                    return f"{part.name} acts on the {point}, which {model.name} does not give access to"
            if reason := part.not_applicable(model):
                return reason
        return None

    def max_backprop_steps(self, task: Task) -> int | None:
        """Return the largest number of time steps that a gradient goes back; None where it is not limited."""
        return min((steps for part in self.parts if (steps := part.max_backprop_steps(task)) is not None), default=None)

    def backward_steps(self, task: Task) -> int:
        """Return how many time steps, counted back from the last, a gradient that trains a weight can come from: 0 where the state is not trained."""
        if not any(all(part.is_trainable(weight) for part in self.parts) for weight in STATE_WEIGHTS):
            return 0
        limit = self.max_backprop_steps(task)
        # several losses have a window each, and a penalty on the steps of the backward pass may count those without a gradient
        if limit is None or len(task.loss_steps) > 1 or any(part.overrides("step_penalty_gradient") for part in self.parts):
            return task.length
        return min(limit + 1, task.length)

    def no_gradient(self, task: Task) -> str | None:
        """Return why no gradient reaches the step at which the information arrives; None where one does."""
        steps = self.max_backprop_steps(task)
        if steps is None or task.information_distance <= steps:
            return None
        return f"no gradient from the information's step: it is {task.information_distance} or more steps back, and the gradient goes back {steps}"

    def never_active(self, task: Task, gradient_changed_share: float) -> str:
        """Return which part of it had no effect on a finished trial; empty where all of it had."""
        return "; ".join(dict.fromkeys(reason for part in self.parts if (reason := part.never_active(task, gradient_changed_share))))

    def without(self, part: Mitigation) -> tuple[Mitigation, ...]:
        """Return its mitigations less one of them; those of `none` where no other is left."""
        return tuple(other for other in self.parts if other != part) or (MITIGATIONS["none"](),)

    def could_act(self, part: Mitigation, task: Task, max_gradient_norm: float) -> bool:
        """Return whether one of its mitigations could have changed a training that was done with the others; see `Mitigation.could_act`.

        What a class says of itself does not hold for one that is derived from it.
        """
        if "could_act" not in vars(type(part)):
            return True
        if any(other.overrides("transform_gradient") for other in self.parts if other != part) and part.overrides("transform_gradient"):
            return True
        return part.could_act(task, max_gradient_norm)

    def initial_weights(self, model: Model, sizes: Sizes, seed: int, lag: int) -> Weights:
        """Return the weights of one trial before training, on a task at a lag, without a trial axis; raises `HookError`."""

        def random(weight: str, block: int) -> np.random.Generator:
            return model.random(weight, seed, block)

        context = InitContext(model, sizes, lag, seed, random)

        def applied(weights: Weights, part: Mitigation) -> Weights:
            changed: Weights = call_hook(type(part), "init_weights", part.init_weights, (weights, context))
            return changed

        return reduce(applied, self.parts, model.initial_weights(sizes, seed))

    @property
    def keras_activation(self) -> str | None:
        """Keras' name of the activation of the state; None where no standard layer computes the same cell."""
        if any(part.overrides("transform_preactivations") or part.overrides("transform_states") for part in self.parts):
            return None
        return next((part.keras_activation for part in self.parts if part.overrides("activation")), "tanh")

    def keras_code(self, model: Model) -> KerasCode | None:
        """Return the parts of a Keras script that it changes; None where a few lines cannot express one of its mitigations."""
        codes = [code for part in self.parts if (code := part.keras_code(model)) is not None]
        if len(codes) < len(self.parts):
            return None
        return KerasCode(
            layer={name: value for code in codes for name, value in code.layer.items()},
            output={name: value for code in codes for name, value in code.output.items()},
            functions="".join(code.functions for code in codes),
            optimizer=next((code.optimizer for code in codes if code.optimizer), None),
            optimizer_arguments={name: value for code in codes for name, value in code.optimizer_arguments.items()},
            window=next((code.window for code in codes if code.window), None),
        )

    def keras_snippet(self, model: Model) -> str:
        """Return the recurrent layer and the optimizer that it changes, one a line; empty where a few lines cannot express it."""
        code = self.keras_code(model)
        return code.snippet(getattr(model, "keras_class", None) or "SimpleRNN") if code else ""


def find(name: str, parameters: Mapping[str, Mapping[str, Any]] | None = None) -> Combination:
    """Return the combination called `name`: `gradient_clipping`, `gradient_clipping+rmsprop`, `gradient_clipping(threshold=0.3)`.

    `parameters` are those of a profile, by mitigation; parameters in the name take precedence. Raises `UsageError` for a
    mitigation or a parameter that does not exist, a value that is not allowed, and mitigations that cannot be combined.
    """
    parts = tuple(parse_part(text, parameters or {}) for text in split_parts(name))
    names = [part.name for part in parts]
    if len(set(names)) < len(names) or (len(names) > 1 and "none" in names):
        raise UsageError(f"the mitigation {shown(name)} names something twice or with 'none'; join different mitigations, as in gradient_clipping+rmsprop")
    replaced: dict[str, str] = {}
    for part in parts:
        for role in sorted(part.replaces):
            if role in replaced:
                raise UsageError(f"{replaced[role]} and {part.name} both replace the {role}, so they cannot be combined; choose one of them")
            replaced[role] = part.name
    return Combination(name, parts)


def names_of_parts(name: str) -> list[str]:
    """Return the names of the mitigations in a combination's name, whether they are registered or not."""
    return [text.partition("(")[0].strip() for text in split_parts(name)]


def split_parts(name: str) -> list[str]:
    """Split a combination's name at each + outside parentheses."""
    return [text.strip() for text in re.split(r"\+(?![^(]*\))", name)]


def parse_part(text: str, parameters: Mapping[str, Mapping[str, Any]]) -> Mitigation:
    """Return the mitigation that `text` names, with its parameters in parentheses or else those of the profile."""
    match = PART.fullmatch(text)
    if not match:
        raise UsageError(f"the mitigation {shown(text)} cannot be read; write it as gradient_clipping or gradient_clipping(threshold=0.3)")
    mitigation = MITIGATIONS[match["name"]]
    return with_parameters(mitigation, {**parameters.get(mitigation.name, {}), **parse_arguments(text, match["arguments"])})


def parse_arguments(text: str, arguments: str | None) -> dict[str, Any]:
    """Parse `threshold=0.3, window=5` into {"threshold": 0.3, "window": 5}; raises `UsageError` for anything else."""
    try:
        call = ast.parse(f"f({arguments or ''})", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args
        return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AssertionError, TypeError, RecursionError, MemoryError):  # the last two of a text that is nested too deeply
        raise UsageError(f"the parameters of {shown(text)} cannot be read; write them as in gradient_clipping(threshold=0.3)") from None


def with_parameters(mitigation: type[Mitigation], given: Mapping[str, Any]) -> Mitigation:
    """Return the mitigation with these parameters; raises `UsageError` for one it does not have or a value that is not allowed."""
    for name in given:
        if name not in mitigation.model_fields:
            if not mitigation.model_fields:
                raise UsageError(f"the mitigation {mitigation.name} has no parameter {shown(name)}; it has none at all, so remove that line")
            raise unknown_name(f"parameter of {mitigation.name}", name, mitigation.model_fields)
    try:
        made = mitigation(**given)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].replace("Input should", "it should")
        raise UsageError(f"{first['loc'][0]} of the mitigation {mitigation.name} is {shown(first['input'])}; {shortened(message, MAX_REASON)}") from None
    for name in given:
        value = getattr(made, name)
        most = MAX_WHOLE if isinstance(value, int) else MAX_NUMBER
        if isinstance(value, int | float) and not abs(value) <= most:
            raise UsageError(f"{name} of the mitigation {mitigation.name} is {shown(value)}; it should be finite and at most {most:g}")
    return made


def ordered_mitigations(combinations: Iterable[Combination]) -> tuple[type[Mitigation], ...]:
    """Return all mitigations of the combinations, each once, in an order that agrees with each of them; raises `UsageError` where there is none."""
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
