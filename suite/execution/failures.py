"""Why trials could not be run, in a sentence, and which mitigations of their cohort are at fault."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import nan

from unvanish.suite import plugins
from unvanish.suite.diagnosis import failed
from unvanish.suite.experiment.plan import Cohort, Condition
from unvanish.suite.experiment.trial import Result, evaluation_trials, tuning_trials
from unvanish.suite.mitigations import MITIGATIONS, Combination, HookError, Mitigation
from unvanish.suite.models import MODELS
from unvanish.suite.redaction import redact


def reason_of(error: BaseException) -> str:
    """Return an error on one line, without passwords: `plug-in FILE, line N, HOOK: sentence` where it came from a plug-in, else its type and text."""
    hook_error = hook_error_of(error)
    if hook_error is None:
        return plugins.reason_of(error)
    cause = hook_error.__cause__ or hook_error.__context__  # TensorFlow raises errors again, without a cause
    place = (plugins.place_of(cause) if cause else None) or definition(hook_error)
    text = plugins.one_line(hook_error.sentence)
    return redact(f"{place or f'mitigation {hook_error.mitigation.name}, {hook_error.hook}'}: {text}")


def hook_error_of(error: BaseException) -> HookError | None:
    """Return the error of a hook that an error is or was caused by."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, HookError):
        seen = seen.__cause__ or seen.__context__
    return seen


def definition(error: HookError) -> plugins.Place | None:
    """Return where a plug-in defines a hook that returned what it must not; None where no plug-in does."""
    plugin = next((plugin for plugin in plugins.active() if plugin.module_name == error.mitigation.__module__), None)
    code = getattr(getattr(error.mitigation, error.hook, None), "__code__", None)
    return plugins.Place(plugin, code.co_firstlineno, code.co_qualname) if plugin and code else None


def mitigations_at_fault(error: BaseException, cohort: Cohort) -> set[str]:
    """Return the names of the mitigations of a cohort that an error came from; none where it is not known to have come from one.

    It did where a hook raised it, and where it passed through a plug-in that defines a mitigation of the cohort. A plug-in may define its task or
    model too: then the function that was called must be one of the mitigation.
    """
    used = {type(part) for combination in cohort.planned for part in combination.parts}
    hook_error = hook_error_of(error)
    if hook_error:
        return {kind.name for kind in used if kind.name == hook_error.mitigation.name}
    place = plugins.place_of(error)
    if place is None:
        return set()
    module = place.plugin.module_name
    others = [kind for kind in (type(cohort.task), type(MODELS[cohort.model])) if kind.__module__ == module]
    return {kind.name for kind in used if kind.__module__ == module and (not others or has_function(kind, place.function))}


def has_function(kind: type[Mitigation], function: str) -> bool:
    """Return whether a function, by its qualified or bare name, is a method of a mitigation."""
    owner, _, name = function.rpartition(".")
    return any(name in vars(base) and owner in ("", base.__qualname__) for base in kind.__mro__)


def plugin_mitigations(combination: Combination) -> frozenset[str]:
    """Return the names of a combination's mitigations that do not ship."""
    return frozenset(part.name for part in combination.parts if part.name not in MITIGATIONS.own)


def uses(combination: Combination, mitigations: Collection[str]) -> bool:
    """Return whether a combination has one of these mitigations."""
    return any(part.name in mitigations for part in combination.parts)


def without_mitigations(cohort: Cohort, mitigations: Collection[str]) -> tuple[Cohort, list[Condition]]:
    """Return a cohort less the conditions that use one of these mitigations, which its programs no longer hold, and these conditions."""
    left = tuple(condition for condition in cohort.conditions if not uses(condition.mitigations, mitigations))
    planned = tuple(combination for combination in cohort.planned if not uses(combination, mitigations))
    return replace(cohort, conditions=left, planned=planned), [condition for condition in cohort.conditions if uses(condition.mitigations, mitigations)]


def split_by_plugins(cohort: Cohort) -> list[Cohort]:
    """Return the conditions without mitigations of plug-ins as a cohort, then those of each plug-in mitigation, or set of them, as one of their own.

    The programs hold what they would hold if no other plug-in mitigation were planned.
    """
    groups = sorted({plugin_mitigations(condition.mitigations) for condition in cohort.conditions}, key=lambda names: (len(names), sorted(names)))
    return [
        replace(
            cohort,
            conditions=tuple(condition for condition in cohort.conditions if plugin_mitigations(condition.mitigations) == group),
            planned=tuple(combination for combination in cohort.planned if plugin_mitigations(combination) <= group),
        )
        for group in groups
    ]


def failed_results(conditions: Sequence[Condition], reason: str) -> list[Result]:
    """A row for each planned trial that could not be run, without a learning rate where none could be chosen."""
    trials = [trial for condition in conditions for trial in [*tuning_trials(condition, condition.rates.first), *evaluation_trials(condition, nan)]]
    return [failed(trial, reason) for trial in trials]
