"""Faults that a run survives, one try each; `make torture` tries all of them several times."""

import random

import pytest

from tests.faults.fault import FAULTS
from tests.faults.torture import torture, undisturbed

pytestmark = pytest.mark.slow  # they train


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folders of tries and of compiled programs, and what an undisturbed run records."""
    folder = tmp_path_factory.mktemp("faults")
    return folder / "work", folder / "cache", undisturbed(folder / "work", folder / "cache")


@pytest.mark.parametrize(
    "name",
    [
        "driver killed 8 times",
        "Ctrl-C five times",
        "worker killed now and then",
        "connections silent for a while",
        "two runs seconds apart",
        "disk full in training",
        "failed conditions, --retry-failed",
    ],
)
def test_nothing_is_lost_or_double_or_left(place, name):
    row = torture(FAULTS[name], 1, random.randrange(10**6), *place)
    if row.skipped:
        pytest.skip(row.skipped)
    assert row.clean, f"{row}"
