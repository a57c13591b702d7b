"""The checks of what the hooks of mitigations return: what is wrong is said of the mitigation and hook, before TensorFlow combines it with anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from unvanish.suite.mitigations.mitigation import Mitigation


class HookError(Exception):
    """A hook of a mitigation raised, or returned what it must not; `sentence` says which."""

    def __init__(self, mitigation: type[Mitigation], hook: str, sentence: str) -> None:
        super().__init__(mitigation, hook, sentence)
        self.mitigation, self.hook, self.sentence = mitigation, hook, sentence

    def __str__(self) -> str:
        return f"{self.hook} of the mitigation {self.mitigation.name}: {self.sentence}"


class Spec(NamedTuple):
    """The shape and type of a tensor; `broadcast` where what broadcasts to the shape is enough."""

    shape: tuple[int | None, ...]
    dtype: str
    broadcast: bool = False


def spec_of(value: Any) -> Any:
    """Return a tensor, or a structure of them, as specs."""
    if isinstance(value, Mapping):
        return {name: spec_of(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(map(spec_of, value))
    return Spec(tuple(value.shape), value.dtype.name)


EXPECTED: Mapping[str, Callable[..., Any]] = {  # what a hook must return, from the number of trials and the arguments that it is given
    "init_weights": lambda trials, weights, *_: spec_of(weights),
    "transform_inputs": lambda trials, inputs, *_: spec_of(inputs),
    "activation": lambda trials, x, *_: spec_of(x),
    "activation_slope": lambda trials, value, *_: spec_of(value),
    "transform_preactivations": lambda trials, preactivations, *_: spec_of(preactivations),
    "transform_states": lambda trials, new, *_: spec_of(new),
    "bptt_mask": lambda trials, length, n_states, *_: Spec((length, n_states, trials), "bool", broadcast=True),
    "step_penalty_gradient": lambda trials, d_after, d_preactivation, d_before, recurrent_kernel, *_: spec_of(recurrent_kernel),
    "loss_penalty": lambda trials, weights, *_: Spec((trials,), next(iter(weights.values())).dtype.name),
    "transform_gradient": lambda trials, gradient, slots, *_: (spec_of(gradient), Spec((trials,), "bool"), spec_of(slots)),
    "learning_rate": lambda trials, rate, *_: spec_of(rate),
    "update": lambda trials, gradient, rate, slots, *_: (spec_of(gradient), spec_of(slots)),
}


@dataclass(frozen=True)
class CheckedHooks:
    """A mitigation in a program for so many trials: its members, of which every hook raises `HookError` where it raises, or returns another shape or type."""

    mitigation: type[Mitigation]
    trials: int

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.mitigation, name)
        return (lambda *given: call_hook(self.mitigation, name, member, given, self.trials)) if callable(member) else member


def call_hook(mitigation: type[Mitigation], hook: str, function: Callable[..., Any], given: tuple[Any, ...], trials: int = 0) -> Any:
    """Call a hook and return what it returns; raise `HookError` where it raises, or returns what `EXPECTED` does not allow."""
    expected = EXPECTED[hook](trials, *given) if hook in EXPECTED else None  # before the call, which may change what it is given
    try:
        returned = function(*given)
    except Exception as error:  # whatever the hook raises
        raise HookError(mitigation, hook, f"{type(error).__name__}: {error}") from error
    wrong = mismatch(returned, expected) if hook in EXPECTED else None
    if wrong:
        raise HookError(mitigation, hook, wrong)
    return returned


def mismatch(returned: Any, expected: Any, what: str = "") -> str | None:
    """Say how a returned value differs from what is expected, a `Spec` or a structure of them; None where it does not.

    `what` names the part of a structure. No slots at all may be returned, which leaves them as they are.
    """
    if isinstance(expected, Mapping):
        if not isinstance(returned, Mapping) or set(returned) != set(expected):
            names = ", ".join(map(str, returned)) if isinstance(returned, Mapping) else describe(returned)
            return f"it returned {names}; expected are {', '.join(expected)}"
        return next((wrong for name, spec in expected.items() if (wrong := mismatch(returned[name], spec, f" for {name}"))), None)
    if isinstance(expected, Spec):
        return None if fits(returned, expected) else f"it returned {describe(returned)}{what}; expected is {expected.dtype} {list(expected.shape)}"
    if not isinstance(returned, (tuple, list)) or (len(returned) != len(expected) and not (what and len(returned) == 0)):
        return f"it returned {describe(returned)}{what}; expected are {len(expected)} values"
    parts = zip(returned, expected, strict=False)
    return next((wrong for place, (part, spec) in enumerate(parts, 1) if (wrong := mismatch(part, spec, f" as value {place}{what}"))), None)


def fits(returned: Any, expected: Spec) -> bool:
    """Return whether a value has the type, and the shape or one that broadcasts to it where that is enough."""
    if not hasattr(returned, "shape") or not hasattr(returned, "dtype") or returned.dtype.name != expected.dtype:
        return False
    if getattr(returned.shape, "rank", 0) is None:  # TensorFlow does not know it, nor could it compile what follows
        return False
    shape = tuple(returned.shape)
    if len(shape) > len(expected.shape) or (len(shape) < len(expected.shape) and not expected.broadcast):
        return False
    pairs = zip(reversed(shape), reversed(expected.shape), strict=False)
    return all(None in (own, other) or own == other or (own == 1 and expected.broadcast) for own, other in pairs)


def describe(value: Any) -> str:
    """Return the type and shape of a value in words."""
    if isinstance(value, (tuple, list)):
        return f"{len(value)} value{'s' if len(value) != 1 else ''}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        known = getattr(value.shape, "rank", 0) is not None
        return f"{value.dtype.name} {list(value.shape) if known else 'of an unknown shape'}"
    return "nothing" if value is None else f"a {type(value).__name__}"
