"""The contract of a reference predictor: it can be fitted, and is as good each time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from unvanish.suite.contracts.check import Check, NotApplicable, require
from unvanish.suite.references import REFERENCES, Reference
from unvanish.tasks import TASKS, Task
from unvanish.tasks.baselines import fit_and_score

SEQUENCES, MOST_FITTED = 200, 2  # of a task, and tasks
EXAMPLES = (("first_symbol", 5), ("adding", 6), ("exercise_schedule", 1), ("table", 0))


def attributes(reference: Reference) -> str:
    """Check that its attributes are of the right types."""
    for name in ("name", "summary"):
        value = getattr(reference, name)
        require(isinstance(value, str) and value, f"{name} is {value!r}; it must be text")
    for name in ("features", "estimator", "applies"):
        require(callable(getattr(reference, name)), f"{name} is {getattr(reference, name)!r}; it must be a function")
    _ = REFERENCES.entries  # raises `UsageError` where another one has its name
    return "name, summary, features, estimator and applies are there"


def features(reference: Reference) -> str:
    """Check the shape of its features, where it applies."""
    for task in applicable(reference):
        inputs = task.sample(7, "reference").inputs
        found = np.asarray(reference.features(task, inputs, task.scored_steps[-1]))
        fits = found.ndim == 2 and len(found) == 7
        require(fits, f"its features of 7 sequences of {task.name} have the shape {found.shape}; it must be [sequence, feature], a row each")
    return f"applies to {', '.join(task.name for task in applicable(reference))}"


def fit(reference: Reference) -> str:
    """Check that it can be fitted, and reaches the same twice."""
    reached = []
    for task in applicable(reference)[:MOST_FITTED]:
        training, test = task.sample(SEQUENCES, "reference"), task.sample(SEQUENCES, "test")
        (loss, metric), again = (fit_and_score(task, reference.features, reference.estimator(task), training, test) for _ in range(2))
        require(np.isfinite(loss) and 0 <= metric <= 1, f"on {task.name} it has a loss of {loss:g} and a metric of {metric:g}; they must be finite")
        require(again == (loss, metric), f"on {task.name} it reaches {metric:g} once and {again[1]:g} then; give its estimator a random_state")
        reached.append(f"{metric:.3g} on {task.name}")
    return f"reaches {', '.join(reached)}"


def applicable(reference: Reference) -> list[Task]:
    """Return the tasks out of the examples that it makes sense for; raises `NotApplicable` where there is none."""
    found = list(filter(reference.applies, examples()))
    if not found:
        raise NotApplicable(f"it makes sense for none of {', '.join(name for name, _ in EXAMPLES)}")
    return found


def examples() -> Iterator[Task]:
    """Yield the tasks that it is tried on."""
    for name, lag in EXAMPLES:
        yield TASKS[name](lag)


CONTRACT = (
    Check("attributes", attributes, essential=True),
    Check("features", features, stage="run", essential=True),
    Check("fit", fit, stage="run"),
)
