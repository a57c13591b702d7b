"""Files that a user names: regular ones of a bounded size are read, and no others are opened."""

import os
from pathlib import Path

import pytest

from unvanish.tasks.errors import UsageError
from unvanish.tasks.files import MAX_TEXT, read_text
from unvanish.tasks.machine import memory_bytes
from unvanish.tasks.table_reader.file import digest, read_table


def test_a_text_file_is_read_as_python_reads_it(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("a\r\nb\rc ä\n".encode())
    assert read_text(path, "the file", "another") == path.read_text(encoding="utf-8")


def other_files(folder):
    """Paths that are no text, with what is said of them."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "large.csv").write_bytes(b"x" * (MAX_TEXT + 1))
    (folder / "bytes.csv").write_bytes(b"\xff\xfe")
    return {
        folder: "it is a folder",
        folder / "pipe.csv": "a pipe or a device",
        Path("/dev/zero"): "a pipe or a device",
        folder / "none.csv": "No such file",
        folder / "a\0b": "no file can have this name",
        folder / ("x" * 5000): "File name too long",
        folder / "large.csv": "larger than 1 MiB",
        folder / "bytes.csv": "it is no text file",
    }


def test_what_is_no_file_of_that_size_is_refused_before_it_is_read(tmp_path):
    for path, reason in other_files(tmp_path).items():
        with pytest.raises(UsageError, match=rf"^the file .* cannot be read \(.*{reason}.*\); give another$"):
            read_text(path, "the file", "another")


@pytest.mark.parametrize("read", [digest, lambda path: read_table(path, ["a"])])
def test_a_pipe_or_a_folder_is_no_table(tmp_path, read):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for path in tmp_path.iterdir():
        with pytest.raises(UsageError, match="cannot be read"):
            read(path)


HUGE_LINES = {
    "a name": ("a" * (3 << 20), "the first line of the table .* is longer than 1 MiB"),
    "a cell": ("a\n" + "1" * (20 << 20), "line 2 of the table .* is longer than 1 MiB"),
    "many columns": ("a," * 200_000, "has 200,001 columns; the most are 10,000"),
    "an open quote": ("a\n" + '"' + "x\n" * (9 << 20), "cannot be read: "),
}


@pytest.mark.parametrize(("text", "sentence"), HUGE_LINES.values(), ids=HUGE_LINES)
def test_a_table_with_a_huge_line_is_refused(tmp_path, text, sentence):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=sentence) as error:
        read_table(path, ["a"])
    assert len(str(error.value)) < 700


def test_the_memory_of_this_machine_is_what_the_kernel_says():
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    assert 0 < memory_bytes() <= int(total.split()[1]) * 1024
