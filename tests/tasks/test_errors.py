"""What a message shows of what was given."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unvanish.tasks.errors import MAX_NAMES, MAX_SHOWN, UsageError, listed, printable, shortened, shown, unknown_name

fuzz = settings(max_examples=100, derandomize=True, deadline=None, database=None)


@fuzz
@given(st.text())
def test_a_message_is_one_line_of_printable_characters_and_says_the_same_otherwise(text):
    """By the categories of Unicode: control, format, surrogate, private, unassigned; and separators other than the space."""
    message = str(UsageError(text))
    assert not any(unicodedata.category(c).startswith("C") or (unicodedata.category(c).startswith("Z") and c != " ") for c in message)
    assert printable(message) == message
    assert eval(f"'''{message}'''") == text if not set(text) & set("\\'") else True


def test_what_commands_a_terminal_or_turns_the_direction_of_text_is_escaped():
    assert str(UsageError("a\x1b[31m\nb\u202ec\x7f\x9b\u2028\udcff")) == r"a\x1b[31m\nb\u202ec\x7f\x9b\u2028\udcff"
    assert printable("a\nb\tc", keep="\n") == "a\nb\\tc"


@fuzz
@given(st.text(), st.integers(10, 100))
def test_a_shortened_text_has_the_beginning_and_the_end(text, most):
    short = shortened(text, most)
    assert len(short) <= most
    begin, dots, end = short.rpartition("...")
    assert short == text or (dots and text.startswith(begin) and text.endswith(end))


@pytest.mark.parametrize("value", ["x" * 59_000, ["x"] * 10_000, 10**80, {"a": "\x1b" * 100}])
def test_a_long_value_is_shortened(value):
    assert len(shown(value)) <= MAX_SHOWN and "..." in shown(value)


def test_names_to_choose_from_are_listed_as_far_as_there_is_room():
    assert listed(["a", "b"]) == "a, b"
    names = [f"column {i}" for i in range(1000)]
    assert listed(names).startswith("column 0, column 1, ") and listed(names).endswith(" more")
    assert len(listed(names)) < 2 * MAX_NAMES and len(listed(["x" * 10_000])) == MAX_SHOWN
    assert "did you mean 'column 7'?" in str(unknown_name("column", "colum 7", names[:20]))
