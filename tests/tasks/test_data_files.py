import hashlib
import re

import pytest

from unvanish.tasks import data_files
from unvanish.tasks.errors import UsageError

README = (data_files.FOLDER / "README.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", README, re.MULTILINE))


def test_every_file_of_data_has_its_source_licence_and_checksum():
    files = {path.name for path in data_files.FOLDER.iterdir() if path.is_file() and path.suffix not in (".py", ".md")}
    assert files == {*ROWS, "gym_log.csv"}
    for name, checksum in ROWS.items():
        assert hashlib.sha256((data_files.FOLDER / name).read_bytes()).hexdigest() == checksum


def test_other_data_than_those_that_ship_are_refused(tmp_path, monkeypatch):
    name = "sunspots.npz"
    good = data_files.read_bytes(name, ROWS[name])
    monkeypatch.setattr(data_files, "FOLDER", tmp_path)
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\); install unvanish again"):
        data_files.read_arrays(name, ROWS[name])
    (tmp_path / name).write_bytes(good[:-1])
    with pytest.raises(UsageError, match="are not those that ship with unvanish; install it again"):
        data_files.read_arrays(name, ROWS[name])
