"""The contract of a mitigation: its hooks run where it applies, no trial has an influence on another, and it changes something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from unvanish.suite.contracts.attributes import check_attributes
from unvanish.suite.contracts.check import Check, DoesNotHold, NotApplicable, require
from unvanish.suite.experiment.plan import Budget, Condition, sizes_of
from unvanish.suite.experiment.trial import TrainedTrial, Trial
from unvanish.suite.experiment.tuning import RateGrid
from unvanish.suite.mitigations import MITIGATIONS, Combination, HookError, Mitigation, find
from unvanish.suite.models import MODELS, Weights
from unvanish.tasks import Task
from unvanish.tasks.first_symbol import FirstSymbol

if TYPE_CHECKING:
    from unvanish.suite.training.cohort import CohortTrainer

KINDS = ("rnn", "lstm", "feedforward", "tcn")  # a plain cell, one with gates and two states, one without a state, and a Keras model
STEPS, MORE_STEPS, RATE = 2, 12, 0.01
BESIDE_RATE = 1.0  # of the trial beside it, whose second gradient is then another by far
BUDGET = Budget(8, 5, STEPS, 1, 8, 8, 4, tuning_seeds=(1,), evaluation_seeds=(2,))
MIN_LAG, MAX_LAG = 5, 30
ROUNDING = 1e-4  # relative; of a trial trained beside others, operation by operation
AGAINST = ("exploding", "vanishing", "both", "control", "-")
GRIDS = (None, "sgd", "rmsprop", "adam")


@dataclass(frozen=True)
class Runs:
    """A trial with a mitigation, trained beside one with another seed and rate, once more, and beside the same trial without the mitigation."""

    first: TrainedTrial
    again: TrainedTrial
    elsewhere: TrainedTrial
    plain: TrainedTrial


@dataclass(frozen=True)
class MitigationCase:
    """A mitigation with its parameters, and the models that it is tried on: the first of each kind that it applies to."""

    mitigation: Mitigation
    models: tuple[str, ...] = KINDS

    @property
    def applicable(self) -> list[str]:
        """The models that it applies to, out of those that it is tried on, or else out of all."""
        chosen = [name for name in self.models if not self.combination.not_applicable(MODELS[name])]
        return chosen or [model.name for model in MODELS if not self.combination.not_applicable(model)][:1]

    @property
    def combination(self) -> Combination:
        """The mitigation alone."""
        return Combination(self.mitigation.name, (self.mitigation,))

    @property
    def task(self) -> Task:
        """A short task, but longer than a gradient of it goes back."""
        steps = self.mitigation.max_backprop_steps(FirstSymbol(MIN_LAG)) or 0
        return FirstSymbol(min(max(steps + 2, MIN_LAG), MAX_LAG), symbols=3, distractors=2)


def attributes(case: MitigationCase) -> str:
    """Check class attributes, and that the name is valid and unique."""
    kind = type(case.mitigation)
    seen = check_attributes(kind, Mitigation, MITIGATIONS)
    require(kind.against in AGAINST, f"against is {kind.against!r}; choose from {', '.join(AGAINST)}")
    grid = kind.learning_rate_grid
    require(grid in GRIDS, f"learning_rate_grid is {grid!r}; choose from {', '.join(map(str, GRIDS))}")
    return seen


def hooks(case: MitigationCase) -> str:
    """Check that it overrides hooks, and those that belong together."""
    kind = type(case.mitigation)
    points = kind.hook_points()
    require(points, f"it overrides no hook; override one of those of {Mitigation.__module__}, as described in docs/plug-ins.md")
    both = kind.overrides("activation") == kind.overrides("activation_slope")
    require(both, "it overrides one of activation and activation_slope; override both, since the backward pass needs the slope")
    for name, value in case.mitigation.parameters.items():
        require(isinstance(value, int | float), f"the parameter {name} is {value!r}; a parameter must be a number, which is given to hooks for each trial")
    return f"acts on {', '.join(points)}"


def applicability(case: MitigationCase) -> str:
    """Check that it says of each model whether it applies to it."""
    reasons = {model.name: case.combination.not_applicable(model) for model in MODELS}
    for name, reason in reasons.items():
        says_why = reason is None or (isinstance(reason, str) and reason)
        require(says_why, f"not_applicable returns {reason!r} for {name}; return None, or a sentence that says why not")
    applies = [name for name, reason in reasons.items() if reason is None]
    require(applies, f"it applies to no model, for {next(iter(reasons))} since {next(iter(reasons.values()))}; correct not_applicable")
    return f"applies to {', '.join(applies)}"


def results(case: MitigationCase) -> str:
    """Check shapes and types of what the hooks return, and that the numbers are finite."""
    for name in case.applicable:
        check_initial_weights(case, name)
        runs = runs_of(case, name)
        step = runs.first.diverged_at
        require(step is None, f"on {name} loss, gradient or new weights are not finite at training step {step}, at the learning rate {RATE:g}")
    return f"every hook returns what it must on {', '.join(case.applicable)}"


def independence(case: MitigationCase) -> str:
    """Check that the numbers of a trial do not depend on the trials beside it, nor on its place among them."""
    for name in case.applicable:
        runs = runs_of(case, name)
        different = first_difference(runs.first, runs.elsewhere, ROUNDING)
        require(not different, f"on {name} a trial has another {different} beside other trials; no operation may mix trials, the first axis of every tensor")
    return "a trial has the same numbers whichever trials are beside it"


def repeatability(case: MitigationCase) -> str:
    """Check that the same trial has the same numbers twice."""
    for name in case.applicable:
        runs = runs_of(case, name)
        different = first_difference(runs.first, runs.again, 0.0)
        require(not different, f"on {name} a trial has another {different} when trained again; draw random numbers from its seed, as random_normal does")
    return "the same trial has the same numbers twice"


def effect(case: MitigationCase) -> str:
    """Check that it changes something of a training of a few steps, and say what."""
    changes: dict[str, list[str]] = {}
    idle: list[str] = []
    for name in case.applicable:
        runs = runs_of(case, name)
        if changed := changed_parts(case, name, runs):
            changes[name] = changed
        else:
            idle.append(name)
    could = [name for name in idle if case.combination.could_act(case.mitigation, case.task, runs_of(case, name).plain.max_gradient_norm)]
    for name in could:
        changes |= {name: ["weights after training"]} if changes_later(case, name) else {}
    inactive = [name for name in could if name not in changes]
    if inactive:
        unless = "correct it, or say with not_applicable or could_act where it has no effect"
        raise DoesNotHold(f"on {', '.join(inactive)} it changes nothing in {MORE_STEPS} training steps; {unless}")
    if not changes:
        raise NotApplicable(f"it could not act in {STEPS} training steps of a small network, as could_act says")
    return "; ".join(f"on {', '.join(group)} it changes the {what}" for what, group in grouped({name: ", ".join(parts) for name, parts in changes.items()}))


def compiled(case: MitigationCase) -> str:
    """Check that its hooks can be compiled, on the first model that it applies to."""
    name = case.applicable[0]
    (trained,) = make_trainer(case, name).train([trial(case, name, case.combination, seed=2)])
    step = trained.diverged_at
    require(step is None, f"on {name}, compiled, loss, gradient or new weights are not finite at training step {step}; use operations that XLA can compile")
    return f"a training step compiles on {name}"


def check_initial_weights(case: MitigationCase, model: str) -> None:
    """Raise `DoesNotHold` unless it returns initial weights that are finite."""
    own, _ = initial_weights(case, model)
    for name, weight in own.items():
        require(np.isfinite(weight).all(), f"on {model} init_weights returns {name} with numbers that are not finite")


def initial_weights(case: MitigationCase, model: str) -> tuple[Weights, Weights]:
    """Return the initial weights of a trial with the mitigation, and without it."""
    sizes = sizes_of(case.task, BUDGET)
    with told_of(model):
        own, plain = (combination.initial_weights(MODELS[model], sizes, seed=2, lag=case.task.lag) for combination in (case.combination, find("none")))
    return own, plain


@lru_cache(maxsize=len(KINDS))
def runs_of(case: MitigationCase, model: str) -> Runs:
    """Train the runs of a mitigation on a model, operation by operation; raises `DoesNotHold` where its hooks return what cannot be trained with."""
    from unvanish.suite.contracts.networks import operation_by_operation

    chosen, none = case.combination, find("none")
    trainer = make_trainer(case, model)
    own, plain = trial(case, model, chosen, seed=2), trial(case, model, none, seed=2)
    beside = trial(case, model, chosen, seed=1, rate=BESIDE_RATE)
    with told_of(model), operation_by_operation():
        first, _ = trainer.train([own, beside])
        again, _ = trainer.train([own, beside])
        elsewhere, without = trainer.train([own, plain])
    return Runs(first, again, elsewhere, without)


@contextmanager
def told_of(model: str) -> Iterator[None]:
    """Raise what the code of a hook raises, and `DoesNotHold` for what a hook must not return, in place of `HookError`."""
    try:
        yield
    except HookError as error:
        if error.__cause__ is not None:  # its own code raised, which has a line
            raise error.__cause__ from None
        raise DoesNotHold(f"on {model}: {error.hook}: {error.sentence}") from None


def changes_later(case: MitigationCase, model: str) -> bool:
    """Return whether it changes a training of more steps: some mitigations act only after a while, or seldom."""
    from unvanish.suite.contracts.networks import operation_by_operation

    pair = [trial(case, model, mitigations, seed=2, steps=MORE_STEPS) for mitigations in (case.combination, find("none"))]
    with operation_by_operation():
        own, plain = make_trainer(case, model, MORE_STEPS).train(pair)
    return any(differ(own.weights[name], plain.weights[name], 0.0) for name in plain.weights)


def make_trainer(case: MitigationCase, model: str, steps: int = STEPS) -> CohortTrainer:
    """Return a trainer of two trials, with the mitigation or without one."""
    from unvanish.suite.training.cohort import CohortTrainer
    from unvanish.suite.training.program_size import ProgramSize

    held = [find("none"), case.combination] if case.mitigation.name != "none" else [case.combination]
    return CohortTrainer(case.task, model, replace(BUDGET, steps=steps), ProgramSize(2, 2), held, NoProbes, [steps])


class NoProbes:
    """Measures nothing."""

    def __init__(self, *network: Any) -> None:
        self.failures: dict[str, str] = {}

    def measure(self, *network: Any) -> dict[str, Any]:
        """Return no figures."""
        return {}


def trial(case: MitigationCase, model: str, mitigations: Combination, seed: int, rate: float = RATE, steps: int = STEPS) -> Trial:
    """Return a trial on the small task."""
    return Trial(Condition(case.task, model, mitigations, RateGrid((rate,), 2.0, 1), replace(BUDGET, steps=steps)), "tune", rate, seed)


def changed_parts(case: MitigationCase, model: str, runs: Runs) -> list[str]:
    """Return which parts of a training differ from one without the mitigation."""
    with_it, without = (numbers(trained) for trained in (runs.first, runs.plain))
    own, plain = initial_weights(case, model)
    start = any(differ(own[name], plain[name], 0.0) for name in plain)
    forward = differ(with_it["loss of the first step"], without["loss of the first step"], ROUNDING)
    backward = differ(with_it["gradient norm of the first step"], without["gradient norm of the first step"], ROUNDING)
    trained = any(differ(runs.first.weights[name], runs.plain.weights[name], 0.0) for name in plain)
    parts = {
        "initial weights": start,
        "forward pass": forward,
        "backward pass": backward,
        "gradient": runs.first.clipped_share > 0,
        "weights after training": trained,
    }
    return [part for part, changed in parts.items() if changed]


def numbers(trained: TrainedTrial) -> dict[str, Any]:
    """Return what is compared of a trial."""
    curve = trained.curve
    return {
        "loss of the first step": curve.training_loss[0],
        "gradient norm of the first step": curve.gradient_norm[0],
        "loss": curve.training_loss,
        "gradient norm": curve.gradient_norm,
        **{f"weight {name}": weight for name, weight in trained.weights.items()},
    }


def first_difference(first: TrainedTrial, second: TrainedTrial, rounding: float) -> str:
    """Return the first of the numbers of two trials that is not the same, the cause before its consequences; empty where all are."""
    own, other = numbers(first), numbers(second)
    return next((name for name in own if differ(own[name], other[name], rounding)), "")


def differ(first: Any, second: Any, rounding: float) -> bool:
    """Return whether two arrays differ by more than rounding; what is not finite in both is the same."""
    return first.shape != second.shape or not np.allclose(first, second, rtol=0, atol=rounding * np.abs(np.nan_to_num(second)).max(), equal_nan=True)


def grouped(values: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each value with the names that have it."""
    for value in dict.fromkeys(values.values()):
        yield value, [name for name, other in values.items() if other == value]


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("hooks", hooks, essential=True),
    Check("where it applies", applicability, essential=True),
    Check("results of hooks", results, stage="run", essential=True),
    Check("independence of trials", independence, stage="run"),
    Check("the same numbers twice", repeatability, stage="run"),
    Check("what it changes", effect, stage="run"),
    Check("compiles", compiled, stage="check"),
)
