"""The compile cache: used where it is safe, complete whatever happens to its files, and without influence on numbers."""

import json
import os
import subprocess
import sys

import pytest

from unvanish.suite.execution import compile_cache as module
from unvanish.suite.execution.clusters import local_workers
from unvanish.suite.execution.compile_cache import cache_folder, compile_cache

PROGRAM = """
import json
from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow
prepare_tensorflow()
import tensorflow as tf

@tf.function(jit_compile=True)
def program(x):
    return tf.reduce_sum(tf.tanh(tf.linalg.matmul(x, x)) * tf.exp(x))

print(json.dumps(float(program(tf.reshape(tf.range(64.0), (8, 8)) / 64)).hex()))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNVANISH_COMPILE_CACHE", str(tmp_path / "compile cache"))
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    return cache_folder()


def start(**environment):
    """A process that prints the exact number that a small program computes."""
    return subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})


def number(process):
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    return json.loads(stdout)


def entries(folder):
    """The inode of each entry by its name: another one where a program was compiled again."""
    return {path.name: path.stat().st_ino for path in folder.glob("*.pb")}


def used():
    with compile_cache() as folder:
        return folder


def add_entry(folder, name, content=b"program"):
    """An entry as a process leaves it."""
    with compile_cache():
        (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.slow
def test_a_program_is_compiled_once_and_computes_the_same_number_cold_warm_and_without_a_cache(folder):
    cold = number(start())
    compiled = entries(folder)
    assert len(compiled) == 1
    assert number(start()) == cold and entries(folder) == compiled
    assert number(start(UNVANISH_COMPILE_CACHE="off")) == cold


@pytest.mark.slow
def test_two_processes_may_compile_the_same_program_at_once(folder):
    together = [start(), start()]
    numbers = {number(process) for process in together}
    compiled = entries(folder)
    assert len(numbers) == len(compiled) == 1
    assert {number(start())} == numbers and entries(folder) == compiled


def damage_end(entry):
    entry.write_bytes(entry.read_bytes()[:-100])


def damage_all(entry):
    entry.write_bytes(b"")


def damage_a_byte(entry):
    content = bytearray(entry.read_bytes())
    content[-len(content) // 4] ^= 255
    entry.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [damage_end, damage_all, damage_a_byte])
def test_a_damaged_entry_is_compiled_again(folder, damage):
    cold = number(start())
    (entry,) = folder.glob("*.pb")
    whole = entry.stat().st_size
    damage(entry)
    assert number(start()) == cold
    assert entry.stat().st_size == whole
    compiled = entries(folder)
    assert number(start()) == cold and entries(folder) == compiled


def test_an_entry_of_a_process_that_did_not_end_properly_is_deleted(folder):
    kept = add_entry(folder, "kept.pb")
    (folder / "unsealed.pb").write_bytes(b"program")
    (folder / "kept.pb123.tmp").write_bytes(b"pro")
    assert used() == folder
    assert [path.name for path in folder.iterdir() if path.suffix == ".pb" or path.suffix == ".tmp"] == [kept.name]


def test_nothing_is_deleted_while_another_process_uses_the_cache(folder):
    with compile_cache():
        (folder / "new.pb").write_bytes(b"program")
        assert used() == folder and (folder / "new.pb").exists()
    assert used() == folder and (folder / "new.pb").exists()  # it has its digest now


def test_the_least_recently_used_entries_are_deleted(folder, monkeypatch):
    other = folder.parent / "another-version"
    other.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    (other / "oldest.pb").write_bytes(b"12345678")
    os.utime(other / "oldest.pb", (1000, 1000))
    for day, name in enumerate(("b.pb", "a.pb", "c.pb")):
        os.utime(add_entry(folder, name, b"12345678"), (2000 + day, 500))
    monkeypatch.setattr(module, "MAX_BYTES", 16)
    assert used() == folder
    assert {path.name.split(".")[0] for path in folder.parent.rglob("*.pb*")} == {"a", "c"}
    assert len(list(folder.parent.rglob("*.pb*"))) == 4  # the entries and their digests


def test_the_folder_is_the_users_alone(folder):
    before = os.umask(0)
    try:
        assert used() == folder
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("which", ["folder", "root", "parent"])
@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_folder_that_others_can_write_to_is_not_used(folder, which, mode):
    assert used() == folder
    {"folder": folder, "root": folder.parent, "parent": folder.parents[1]}[which].chmod(mode)
    assert used() is None


def test_a_link_is_not_used(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.parent.parent.mkdir(mode=0o700, exist_ok=True)
    folder.parent.symlink_to(tmp_path / "elsewhere")
    assert used() is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(folder):
    assert used() == folder
    os.chown(folder, 12345, -1)
    assert used() is None


def test_where_no_folder_can_be_created_there_is_no_cache(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNVANISH_COMPILE_CACHE", str(tmp_path / "file" / "cache"))
    assert used() is None


def test_where_the_file_system_is_full_there_is_no_cache(folder, monkeypatch):
    monkeypatch.setattr(module, "FREE_BYTES", 1 << 60)
    assert used() is None


def test_it_lies_in_the_users_cache_folder_unless_it_is_switched_off(tmp_path, monkeypatch):
    monkeypatch.delenv("UNVANISH_COMPILE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert used().parent == tmp_path / "unvanish" / "xla"
    monkeypatch.setenv("UNVANISH_COMPILE_CACHE", "off")
    assert used() is None


def test_other_compiler_settings_and_processors_have_a_folder_of_their_own(folder, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=3")
    other_settings = cache_folder()
    monkeypatch.setattr(module, "processor", lambda: ("another",))
    assert len({folder, other_settings, cache_folder()}) == 3


def test_a_cache_that_the_user_gave_tensorflow_stays(monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/mine")
    assert used() is None


def test_sets_have_the_same_order_in_every_worker_whatever_the_order_in_this_process(monkeypatch):
    """Otherwise a worker would make other programs than those that the cache has. Dask sets the number; this project relies on it."""
    hashes = []
    for seed in ("0", "7"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        with local_workers(1) as client:
            hashes += client.run(eval, "hash('a')").values()
    assert hashes[0] == hashes[1]
