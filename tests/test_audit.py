"""What pip-audit answers is told as it is: a package that the database was not asked for is not said to be without vulnerabilities."""

import json

import pytest

from tests.audit import NoAnswer, read, sentence

KNOWN = {"name": "a", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"], "aliases": []}, {"id": "PYSEC-2", "fix_versions": []}]}
CLEAN = {"name": "b", "version": "2.0", "vulns": []}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (3.0)"}


def told(*packages):
    return sentence(read(json.dumps({"dependencies": packages, "fixes": []})))


def test_each_vulnerability_is_told_with_the_versions_without_it():
    assert told(KNOWN, CLEAN).splitlines() == [
        "2 known vulnerabilities in 2 packages",
        "a 1.0: PYSEC-1, corrected in 1.1, 2.0",
        "a 1.0: PYSEC-2, corrected in no version yet",
    ]


def test_what_was_not_asked_for_is_told():
    assert told(CLEAN, SKIPPED) == "0 known vulnerabilities in 1 packages; it could not be asked for c"
    assert told(SKIPPED).startswith("the database of vulnerabilities could not be asked for any of 1 packages")


@pytest.mark.parametrize("answer", ["", "Traceback", "[]", '{"fixes": []}'])
def test_anything_else_is_no_answer(answer):
    with pytest.raises(NoAnswer):
        read(answer)
