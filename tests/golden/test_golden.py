"""Whoever changes what something computes raises its version, so that old results of it no longer count as done.

Compared to a relative tolerance of 1e-3. Measured over these six steps: the compiler's level 0 in place of 2, or vectors and instructions of a
processor that is ten years older, with fast mathematics, move no number by more than RELATIVE of itself.
"""

import json

import pytest

from tests.golden.numbers import STORED, as_data, golden

RELATIVE, ABSOLUTE = 1e-3, 1e-5
CONTENT = json.loads(STORED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def numbers():
    return as_data(golden())["numbers"]


def test_numbers_change_only_with_a_version(numbers):
    assert changes(CONTENT["numbers"], numbers) == []


def test_nothing_that_ships_is_missing_from_the_stored_numbers(numbers):
    assert set(numbers) == set(CONTENT["numbers"]), "run `python -m tests.golden.write`"


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
