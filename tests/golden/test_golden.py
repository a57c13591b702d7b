"""Whoever changes what something computes raises its version, so that old results of it no longer count as done.

The numbers are compared to a relative tolerance of 2e-4, which rounding on another machine keeps: over these six steps, level 0 of the compiler
in place of 2 moves no number by more than 1.4e-5 of itself, and level 3 with fast mathematics and the instructions of a processor of 2011 by no
more than 2.7e-5; reference predictors, fitted with another processor's linear algebra, by nothing that six digits show.
"""

import json

import pytest

from tests.golden.numbers import STORED, as_data, labels, parts
from tests.support.slow import slow_but

RELATIVE, ABSOLUTE = 2e-4, 1e-6
CONTENT = json.loads(STORED.read_text(encoding="utf-8"))


# the rnn is trained with all mitigations but the few that do not apply to it; another model is a program more to compile, and predictors take seconds to fit
@pytest.mark.parametrize("part", slow_but(["tasks", "rnn"], parts()))
def test_numbers_change_only_with_a_version(part):
    numbers = as_data(dict(parts()[part]()))["numbers"]
    assert changes(CONTENT["numbers"], numbers) == [] and set(numbers) <= set(labels())


def test_nothing_that_ships_is_missing_from_the_stored_numbers():
    assert set(labels()) == set(CONTENT["numbers"]), "run `python -m tests.golden.write`"


def test_a_number_that_changed_without_a_version_is_told_with_the_versions_to_raise():
    stored = {"versions": {"the engine": 1, "the mitigation mine": 1}, "figures": {"loss": [1.0, float("nan")], "norm": [0.0]}}
    rounded = {**stored, "figures": {"loss": [1.0001, float("nan")], "norm": [1e-7]}}
    moved = {**stored, "figures": {"loss": [1.001, float("nan")], "norm": [0.0]}}
    assert changes({"x": stored}, {"x": rounded}) == []
    assert changes({"x": stored}, {"x": moved}) == ["x: loss changed; raise the version of the engine or the mitigation mine, whichever you changed"]
    assert changes({"x": stored}, {"x": {**stored, "figures": {"loss": stored["figures"]["loss"]}}}) != []
    raised = {**moved, "versions": {"the engine": 1, "the mitigation mine": 2}}
    assert changes({"x": stored}, {"x": raised}) == ["x: a version was raised; run `python -m tests.golden.write` to store its numbers"]


def changes(stored, computed):
    """A sentence for each thing whose numbers or versions are not the stored ones."""
    return [sentence for label in stored if label in computed and (sentence := change(label, stored[label], computed[label]))]


def change(label, stored, computed):
    """What to do about one thing; empty where it is as it was stored."""
    if stored["versions"] != computed["versions"]:
        return f"{label}: a version was raised; run `python -m tests.golden.write` to store its numbers"
    differing = [name for name, values in stored["figures"].items() if computed["figures"].get(name, []) != near(values)]
    if not differing and set(stored["figures"]) == set(computed["figures"]):
        return ""
    return f"{label}: {', '.join(differing) or 'its figures'} changed; raise the version of {' or '.join(stored['versions'])}, whichever you changed"


def near(values):
    return pytest.approx(values, rel=RELATIVE, abs=ABSOLUTE, nan_ok=True)
