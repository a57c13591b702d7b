"""Files are complete or not there at all."""

import pytest

from unvanish.suite.output import atomic_write, write_page
from unvanish.tasks.errors import UsageError


def test_a_file_whose_writing_fails_stays_as_it_was_and_nothing_unfinished_is_left(tmp_path):
    path = tmp_path / "table.csv"
    with atomic_write(path) as unfinished:
        unfinished.write_text("old")
        assert not path.exists()
    with pytest.raises(UnicodeEncodeError), atomic_write(path) as unfinished:
        unfinished.write_text("\ud800", encoding="utf-8")  # a lone surrogate, which cannot be encoded
    assert path.read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]


def test_a_page_in_a_folder_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere/page.html cannot be written .*; give the path of a file in a folder that exists"):
        write_page("<!doctype html>", tmp_path / "nowhere" / "page.html")
