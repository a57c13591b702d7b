"""Labels of tasks and names of plug-ins hold no character that means something elsewhere."""

from types import ModuleType

import pytest

from tests.support.hostile import hostile
from unvanish.suite.experiment.profile import make_task
from unvanish.tasks.errors import UsageError
from unvanish.tasks.names import check_name, is_name
from unvanish.tasks.registry import Registry

ALLOWED = ["a", "sleep", "my log", "v1.2", "a_b-c", "Übung", "\u65e5\u8a18", "9 lives", "x" * 60]
REFUSED = ["", " a", "a ", "a.", ".", "..", "../a", "a/b", "a\\b", "-a", "_a", "a:b", "a|b", "a,b", "a=b", "a+b", "a(b)", "<b>", "a'b", 'a"b', "$x$", "[/]",
           "a\nb", "a\x1b", "a\u202eb", "a\u200bb", "x" * 61, hostile("label"), None, 3]  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_letters_digits_spaces_and_three_signs_are_allowed(name):
    check_name("a test", name)
    assert is_name(name)


@pytest.mark.parametrize("name", REFUSED, ids=[str(index) for index in range(len(REFUSED))])
def test_anything_else_is_refused_with_a_sentence_that_can_be_printed(name):
    assert not is_name(name)
    with pytest.raises(UsageError, match=r"the name of a test is .*; it must be of letters, digits, spaces") as raised:
        check_name("a test", name)
    assert str(raised.value).isprintable() and len(str(raised.value)) < 400


@pytest.mark.parametrize("label", ["a/b", "</script>", "x" * 61])
def test_a_profile_with_such_a_label_is_refused_where_the_task_is_made(label):
    with pytest.raises(UsageError, match="the name of a table, after the colon, is"):
        make_task(f"table:{label}", 0)


def test_a_plug_in_with_such_a_name_is_refused_where_it_is_looked_up(monkeypatch):
    module = ModuleType("mine")
    module.THING = type("Thing", (), {"name": "a/b"})()
    registry = Registry("unvanish.tasks.metrics", "metric", "THING")
    monkeypatch.setattr(Registry, "plugins", [module])
    with pytest.raises(UsageError, match="the name of the metric in mine is 'a/b'"):
        _ = registry.entries
